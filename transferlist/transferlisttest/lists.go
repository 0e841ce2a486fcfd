// Package transferlisttest makes transfer lists for tests, exercises and
// benchmarks. Everything in them is invented: the place does not exist, each
// title ends with （演练） and each series of numbers has 演 in it.
//
// It makes the same list for the same arguments. It is no part of the product
// and imports no test framework.
package transferlisttest

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Headings are those of a hand-over sheet, in the order of the form.
var Headings = []string{"序号", "载体编号", "文件资料名称", "制发单位", "载体类别", "文号", "份号", "密级和保密期限", "页数或容量", "份数或数量", "序列号", "保管人", "须清退", "备注"}

// Numbers of columns in Headings that tests spoil.
const (
	Sequence = iota
	Number
	Title
	Issuer
	Kind
	Document
	Copy
	Mark
	Extent
	Count
	Serial
	Keeper
	Return
	Remark
)

var (
	issuers = []struct{ name, short string }{
		{"云泽市财政局", "云财演"}, {"云泽市财政局办公室", "云财办演"}, {"云泽市商务局", "云商演"}, {"云泽海关", "云关演"}, {"云泽市大数据局", "云数演"}, {"青槐区财政局", "青财演"},
	}
	verbs   = []string{"做好", "开展", "印发", "报送", "调整", "下达"}
	objects = []string{"年度预算编制", "国有资产清查", "会计信息质量检查", "专项债券项目储备", "进出口统计口径", "保密自查自评", "档案移交", "公务用车管理", "网络安全检查", "干部培训计划"}
	papers  = []string{"通知", "通知", "通知", "通知", "通知", "函", "函", "意见", "通报", "报告", "请示", "批复", "纪要"}
	keepers = []string{"周敏", "吴静", "郑文", "李㛃", "赵䶮", "孙𬭎", "钱立"}
	media   = []struct{ kind, letter, what string }{
		{"光盘", "G", "数据归档光盘"}, {"U盘", "U", "业务专用U盘"}, {"移动硬盘", "P", "项目资料移动硬盘"}, {"机械硬盘", "H", "报废计算机硬盘"}, {"固态硬盘", "S", "报废笔记本固态硬盘"}, {"磁带", "T", "服务器备份磁带"},
	}
	capacities = map[string][]string{
		"光盘": {"4.7GB", "700MB"}, "U盘": {"16GB", "32GB", "64GB", "128GB"}, "移动硬盘": {"1TB", "2TB"}, "机械硬盘": {"500GB", "1TB"}, "固态硬盘": {"256GB", "512GB"}, "磁带": {"1.5TB", "2.5TB"},
	}
	// shares of state secrets: 秘密 74, 机密 24, 绝密 2 in a hundred.
	marks = []struct {
		mark  string
		share int
	}{
		{"秘密★10年", 26}, {"秘密★5年", 13}, {"秘密★3年", 6}, {"秘密★1年", 5}, {"秘密★6个月", 2}, {"秘密★会议开始前", 2},
		{"机密★20年", 9}, {"机密★10年", 8}, {"机密★2030年12月31日", 1}, {"绝密★30年", 2}, {"绝密★长期", 1}, {"内部", 20}, {"工作秘密", 5},
	}
)

// maker draws rows.
type maker struct {
	r       *rand.Rand
	numbers map[string]int // by series
	copies  map[string]int // by document
}

// Rows makes n rows under Headings. About one in seven is a medium.
func Rows(n int, seed uint64) [][]string {
	m := &maker{rand.New(rand.NewPCG(seed, 7)), map[string]int{}, map[string]int{}}
	rows := make([][]string, n)
	for i := range rows {
		if i%7 == 3 {
			rows[i] = m.medium(i)
		} else {
			rows[i] = m.paper()
		}
		rows[i][Sequence] = fmt.Sprint(i + 1)
	}
	return rows
}

func (m *maker) next(series string) int {
	m.numbers[series]++
	return m.numbers[series]
}

func pick[T any](m *maker, of []T) T { return of[m.r.IntN(len(of))] }

func (m *maker) mark() string {
	n := m.r.IntN(100)
	for _, k := range marks {
		if n -= k.share; n < 0 {
			return k.mark
		}
	}
	return "秘密★10年"
}

func (m *maker) paper() []string {
	row := make([]string, len(Headings))
	from := pick(m, issuers)
	row[Number] = fmt.Sprintf("云演-Z-2026-%06d", m.next("Z"))
	row[Title] = from.name + "关于" + pick(m, verbs) + pick(m, objects) + "的" + pick(m, papers) + "（演练）"
	row[Issuer], row[Kind] = from.name, "纸介质"
	row[Document] = fmt.Sprintf("%s〔2026〕%d号", from.short, m.next(from.short))
	row[Mark] = m.mark()
	if strings.Contains(row[Mark], "★") {
		row[Copy] = fmt.Sprintf("%06d", 1+m.r.IntN(120))
	}
	pages := int(math.Round(6 * math.Exp(m.r.NormFloat64()*1.1))) // log-normal, median 6
	row[Extent], row[Count] = fmt.Sprintf("%d页", min(max(pages, 1), 300)), "1份"
	row[Keeper], row[Return] = pick(m, keepers), "否"
	if strings.HasPrefix(row[Mark], "绝密") {
		row[Return], row[Remark] = "是", "制发单位要求清退"
	}
	return row
}

func (m *maker) medium(i int) []string {
	row := make([]string, len(Headings))
	k := media[(i/7)%len(media)]
	row[Number] = fmt.Sprintf("云演-%s-2026-%06d", k.letter, m.next(k.letter))
	row[Title] = "云泽市财政局" + k.what + "（演练）"
	row[Issuer], row[Kind] = "云泽市财政局", k.kind
	row[Mark] = m.mark()
	for strings.HasPrefix(row[Mark], "绝密") || strings.Contains(row[Mark], "会议") {
		row[Mark] = m.mark()
	}
	row[Extent] = pick(m, capacities[k.kind])
	row[Count] = "1" + map[string]string{"光盘": "张", "U盘": "个", "移动硬盘": "个", "磁带": "盘"}[k.kind]
	if !strings.ContainsAny(row[Count], "张个盘") {
		row[Count] = "1块"
	}
	row[Serial] = fmt.Sprintf("演SN%s%08X", k.letter, m.r.Uint32())
	row[Keeper], row[Return] = pick(m, keepers), "否"
	return row
}

// Sheet writes rows as a hand-over sheet: title, unit and number above the
// heading, a sum row and a note below. Lines end with CR LF.
func Sheet(rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	line := func(cells ...string) { _ = w.Write(append(cells, make([]string, len(Headings)-len(cells))...)) } // a buffer takes everything
	line("涉密载体移交清单（演练数据 / training data）")
	line("移交单位：云泽市财政局（演练）", "", "接收单位：云泽市载体销毁站（演练）", "", "编号：演移〔2026〕3号", "", "2026年11月20日")
	line(Headings...)
	sum := 0
	for _, r := range rows {
		n := 0
		if _, err := fmt.Sscanf(r[Count], "%d", &n); err == nil {
			sum += n
		}
		line(r...)
	}
	total := make([]string, len(Headings))
	total[0], total[Count] = "合计", fmt.Sprint(sum)
	line(total...)
	line("填表说明：一式两份，移交单位、接收单位各存一份。", "移交人：", "接收人：")
	w.Flush()
	return b.Bytes()
}

// Plain writes the heading and the rows, and nothing else.
func Plain(rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.WriteAll(append([][]string{Headings}, rows...)) // a buffer takes everything
	return b.Bytes()
}

// WithBOM puts the byte order mark in front, as spreadsheets do.
func WithBOM(b []byte) []byte { return append([]byte("\xEF\xBB\xBF"), b...) }

// GB18030 encodes text in UTF-8.
func GB18030(b []byte) ([]byte, error) { return simplifiedchinese.GB18030.NewEncoder().Bytes(b) }
