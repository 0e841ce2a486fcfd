package custody

// EachCell gives every cell of the tables of whereabouts and things to f.
func EachCell(f func(table, state, event, next string, err error)) {
	for _, t := range thingTables() {
		t.each(func(state, event, next string, err error) { f(t.name, state, event, next, err) })
	}
}
