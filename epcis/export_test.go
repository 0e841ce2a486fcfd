package epcis

import (
	"sexton/custody"
	"sexton/transferlist"
)

// EntryTable lists the fields of a registration: name, kind of value, the
// heading of a transfer list it stands for, and whether it leaves the station
// only when asked for.
func EntryTable() (rows [][4]string) {
	r := transferlist.Row{Extent: custody.Extent{Value: 1, Unit: "page"}, Count: 1, Made: 1}
	kinds := map[ValueKind]string{TextValue: "string", NumberValue: "number", BoolValue: "true or false"}
	for _, f := range entryFields {
		clear := ""
		if f.clear {
			clear = "yes"
		}
		rows = append(rows, [4]string{Prefix + ":" + f.name, kinds[f.write(r).Kind], f.heading, clear})
	}
	return rows
}
