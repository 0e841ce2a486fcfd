package forms

// papers are the formats of Paper with their sizes and margins, mm.
var papers = map[Paper]sheetSize{
	Portrait:  {width: 210, height: 297},
	Landscape: {width: 297, height: 210},
	Label:     {width: 148, height: 105},
	Strip:     {width: 210, height: 70},
}

type sheetSize struct{ width, height float64 }
