package forms

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"time"
)

// WriteHTML writes the sheet as a page to print: one file without scripts,
// links or other outside resources, pages of the paper's size, every one with
// its number. It runs under a strict content security policy that allows the
// form's StyleHash.
func (s *Sheet) WriteHTML(w io.Writer) error {
	return templates[s.Form.Paper].Execute(w, struct {
		*Sheet
		Pages    []*page
		Training Text
		Plain    bool
	}{s, s.paginate(), Training, papers[s.Form.Paper].plain})
}

// StyleHash is the source expression for style-src under which a sheet on this
// paper is drawn: 'sha256-…'.
func StyleHash(p Paper) string {
	sum := sha256.Sum256([]byte(style(p)))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

var templates = func() map[Paper]*template.Template {
	all := map[Paper]*template.Template{}
	for p := range papers {
		all[p] = template.Must(template.New(string(p)).Funcs(template.FuncMap{"day": dayPrinted, "grid": func() int { return grid }}).Parse(
			"<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n<title>{{.Heading.Zh}} {{.Number}}</title>\n<style>" + style(p) + "</style>\n</head>\n" + body))
	}
	return all
}()

// dayPrinted is a day or a time on record as a signature line writes it.
func dayPrinted(s string) string {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return DayZh(t)
	}
	if t, err := time.Parse(timeLayout, s); err == nil {
		return DayZh(t) + t.Format(" 15:04")
	}
	return s
}

const body = `<body>
{{- $s := . -}}
{{- range .Pages}}
<section class="page{{if $s.Plain}} plain{{end}}">
{{- if $s.Bench}}<div class="wm" aria-hidden="true"><span>{{$s.Training.Zh}}<br>{{$s.Training.En}}</span></div>{{end}}
<header{{if ne .Index 1}} class="next"{{end}}>
<div class="top"><span class="mark">{{$s.Mark}}</span>
<span>{{if $s.Bench}}<b class="bench">{{$s.Training.Zh}} / {{$s.Training.En}}　不作凭证 / no evidence</b>{{end}}</span>
<span class="no">{{with $s.Form.Numbered}}{{if .Zh}}{{.Zh}} <small lang="en">{{.En}}</small>：{{if $s.Number}}{{$s.Number}}{{else}}<i class="rule"></i>{{end}}{{end}}{{end}}</span></div>
{{if eq .Index 1}}{{if $s.Unit}}<div class="unit">{{$s.Unit}}</div>{{end}}<h1>{{$s.Heading.Zh}}<small lang="en">{{$s.Heading.En}}</small></h1>
{{- else}}<div class="again">{{$s.Heading.Zh}}（续） <small lang="en">continued</small></div>{{end}}
</header>
<div class="body">
{{- range .Parts}}{{template "part" .}}{{end}}
</div>
{{- if not $s.Plain}}
<footer><span>{{$s.Form.ID}}{{if $s.Printed}}　打印 <small lang="en">printed</small> {{$s.Printed}}{{end}}{{if $s.Ledger}}　账本 <small lang="en">ledger</small> {{$s.Ledger.Size}} · {{$s.Ledger.Root}}{{end}}</span><span>第 {{.Index}} 页 / 共 {{.Of}} 页 <small lang="en">page {{.Index}} of {{.Of}}</small></span></footer>
{{- end}}
</section>
{{- end}}
</body>
</html>
{{define "both"}}{{.Zh}}{{if .En}}<small lang="en">{{.En}}</small>{{end}}{{end}}
{{define "cell"}}{{if .Label}}<th colspan="{{.Span}}">{{template "both" .}}</th>{{else}}<td colspan="{{.Span}}"{{if .Class}} class="{{.Class}}"{{end}}>{{template "both" .}}</td>{{end}}{{end}}
{{define "part"}}
{{- if .Title.Zh}}<h2>{{.Title.Zh}} <small lang="en">{{.Title.En}}</small></h2>{{end}}
{{- if .Boxes}}<table class="{{if .Head}}head{{else}}boxes{{end}}"><colgroup><col span="{{grid}}"></colgroup><tbody>
{{- range .Boxes}}<tr>{{range .}}{{template "cell" .}}{{end}}</tr>{{end}}</tbody></table>{{end}}
{{- with .Table}}<table class="list{{if gt (len .Columns) 1}} multi{{end}}"><colgroup><col span="{{grid}}"></colgroup><thead>
{{- range .Columns}}<tr>{{range .}}{{template "cell" .}}{{end}}</tr>{{end}}</thead>
{{- range .Rows}}<tbody>{{range .}}<tr>{{range .}}{{template "cell" .}}{{end}}</tr>{{end}}</tbody>{{end}}
{{- if .Blank}}<tbody><tr><td colspan="{{grid}}" class="c blank">以下空白 <small lang="en">blank below</small></td></tr></tbody>{{end}}
{{- if .Sum}}<tbody class="sum"><tr>{{range .Sum}}{{template "cell" .}}{{end}}</tr>
{{- range .Lines}}<tr><td colspan="{{grid}}">{{.Zh}} <small lang="en">{{.En}}</small></td></tr>{{end}}</tbody>{{end}}</table>{{end}}
{{- range .Clause}}<p class="clause"><span>{{.N}}.</span><span>{{.Zh}} <small lang="en">{{.En}}</small></span></p>{{end}}
{{- if .Signs}}<table class="signs"><colgroup><col span="{{grid}}"></colgroup><tbody>
{{- range .Signs}}<tr>{{range .}}<td colspan="{{.Span}}"{{if .Opinion}} class="opinion"{{end}}><b>{{.Zh}}</b> <small lang="en">{{.En}}</small>
{{- if .Opinion}}<div class="text">{{.Text}}</div>{{end}}<div class="sig"><span>签字：{{.Name}}</span>{{if .Seal}}<span class="seal">（盖章）<small lang="en">seal</small></span>{{end}}<span>{{if .On}}{{day .On}}{{else}}　　年　　月　　日{{end}}</span></div></td>{{end}}</tr>{{end}}</tbody></table>{{end}}
{{- if .Notes}}<div class="notes">{{range .Notes}}<p><span>{{.Label}}</span><span>{{.Zh}}　<small lang="en">{{.En}}</small></span></p>{{end}}</div>{{end}}
{{- end}}`

// style is the style sheet of a paper. Its sizes are those of paper.go.
func style(p Paper) string {
	z := papers[p]
	tall := ""
	for n := 2; n <= maxTall; n++ {
		tall += fmt.Sprintf(".boxes td.h%d{height:%gmm}", n, float64(n)*tallLine+2*padY)
	}
	return fmt.Sprintf("@page{size:%s;margin:0}.page{width:%gmm;min-height:%gmm;padding:%gmm %gmm %gmm %gmm}", z.css, z.width, z.height-0.5, z.top, z.right, z.bottom, z.left) + baseStyle + tall + "\n"
}

const baseStyle = `
*{box-sizing:border-box;margin:0;padding:0}
body{font:9pt/1.3 SimSun,"Songti SC","Noto Serif CJK SC","Source Han Serif SC",serif;color:#000;background:#fff;-webkit-print-color-adjust:exact;print-color-adjust:exact}
small{font-size:6pt;color:#333;font-weight:400;line-height:1.3}
.page{position:relative;display:flex;flex-direction:column;break-after:page;overflow:visible}
.page:last-child{break-after:auto}
.body{flex:1;min-height:0}
.top{display:grid;grid-template-columns:minmax(36mm,auto) 1fr minmax(36mm,auto);text-align:center;align-items:baseline;min-height:6mm;font-size:9pt}
.mark{text-align:left}
.no{text-align:right;max-width:80mm;overflow-wrap:anywhere}
.mark{font:700 12pt/1.2 SimHei,"Heiti SC","Noto Sans CJK SC",sans-serif}
.bench{display:inline-block;white-space:nowrap;font-weight:700;border:.3mm solid #000;padding:0 2mm}
.rule{display:inline-block;width:32mm;border-bottom:.2mm solid #000}
.unit{text-align:center;font-size:10.5pt;line-height:5mm}
h1{font:700 17pt/1.2 SimHei,"Heiti SC","Noto Sans CJK SC",sans-serif;text-align:center;letter-spacing:.5mm;margin:1mm 0 2mm}
h1 small{display:block;font-size:8pt;letter-spacing:0;margin-top:.5mm}
h2{font-size:10pt;line-height:1.2;padding:2.2mm 0 1mm}
.again{font-weight:700;text-align:center;margin-bottom:1.5mm}
table{width:100%;border-collapse:collapse;table-layout:fixed}
td,th{border:.25mm solid #000;padding:.75mm .9mm;overflow-wrap:anywhere;word-break:break-all;white-space:pre-line;font-weight:400;vertical-align:middle}
small{overflow-wrap:anywhere;word-break:normal;line-break:auto}
td>small,th>small{display:block}
.list{border:.4mm solid #000}
.list th{text-align:center;font-weight:700}
.list td{height:7.2mm}
.list td.n{text-align:right}
.list td.c{text-align:center}
.list td.s{height:8.5mm}
.list thead{display:table-row-group}
.list tbody+tbody{border-top:.25mm solid #000}
.multi tbody{border-top:.5mm solid #000}
.blank small,.sum small{display:inline}
.sum th{text-align:center}
.boxes,.signs{border:.4mm solid #000;font-size:10pt}
.boxes th{text-align:center}
.boxes td{height:8.5mm}
.head{font-size:10pt}
.head td,.head th{border:0;padding:.3mm .9mm;height:7mm}
.head th{text-align:left}
.head td{border-bottom:.2mm solid #000}
table+table{margin-top:-.4mm}
.head+table{margin-top:1.5mm}
.signs td{height:17mm;vertical-align:top;position:relative;padding:1.2mm 1.5mm}
.signs td>small{display:inline}
.signs td.opinion{height:27mm}
.signs .text{min-height:8mm;padding:1mm 6mm}
.sig{position:absolute;left:1.5mm;right:1.5mm;bottom:1.5mm;display:flex;justify-content:space-between;gap:2mm;white-space:pre}
.opinion .sig{left:45%}
.seal{color:#333}
.clause{display:flex;gap:2mm;font-size:10pt;line-height:1.3;padding:.4mm 4mm}
.notes{padding-top:2.5mm;font-size:8pt}
.notes p{display:flex;gap:2mm;line-height:1.3;margin-bottom:.6mm}
.notes p>span:first-child{flex:0 0 17mm;font-weight:700}
footer{display:flex;justify-content:space-between;gap:6mm;font-size:7pt;line-height:1.3;height:8mm;padding-top:1mm;border-top:.2mm solid #000}
footer span:first-child{overflow-wrap:anywhere}
footer span:last-child{white-space:nowrap}
.wm{position:absolute;inset:0;overflow:hidden;display:flex;align-items:center;justify-content:center;pointer-events:none}
.wm span{transform:rotate(-24deg);font:700 46pt/1.2 SimHei,"Noto Sans CJK SC",sans-serif;color:#ececec;text-align:center}
.page>header,.page>.body,.page>footer{position:relative}
.plain h1{margin:0 0 1.5mm}
.plain h1 small{display:inline;margin-left:3mm}
.plain .wm span{font-size:24pt}
.plain .top{grid-template-columns:minmax(0,auto) 1fr minmax(0,auto)}
.plain .signs td{height:14mm}
@media screen{body{background:#d3d7da;padding:6mm 0}.page{background:#fff;margin:0 auto 6mm;box-shadow:0 0 2mm #888}}
`
