package forms

// ColumnLines says how many printed lines a text takes in each column of a
// table, and whether the table's grid is full.
func ColumnLines(f *Form, t *Section, usual func(Field) string) (lines map[Key]int, full bool) {
	b := &setter{size: papers[f.Paper]}
	lines, full = map[Key]int{}, true
	for _, fields := range columnLines(t.Fields) {
		sum := 0
		for i, span := range spans(fields) {
			sum += span
			lines[fields[i].Key] = linesOf(usual(fields[i]), emTable, b.inner(span))
		}
		full = full && sum == grid
	}
	return lines, full
}

// PageUse is what each page of a sheet holds and what it has room for, mm.
func PageUse(s *Sheet) (used, room []float64) {
	b := &setter{s: s, size: papers[s.Form.Paper]}
	for _, p := range s.paginate() {
		b.next()
		used, room = append(used, p.used), append(room, b.room())
	}
	return used, room
}
