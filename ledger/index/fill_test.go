package index_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"sexton/custody"
	"sexton/ledger"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// filler makes a register that looks like a bureau's, as large as one likes: six
// years of documents in several copies, old ones mostly gone, some out with a
// date. It goes past custody (see Keep), so that carriers can be in any state.
type filler struct {
	t    testing.TB
	db   *sql.DB
	tx   *sql.Tx
	px   *index.Projection
	r    *index.Reader
	rng  *rand.Rand
	next int64 // leaf
	doc  *paper
	left int // copies of doc

	carriers []custody.Carrier // all, when remember is set
	texts    []index.Hit
	remember bool
}

type paper struct {
	id, title, number, issuer string
	entry                     custody.Document
	made                      int
}

func newFiller(t testing.TB, db *sql.DB) *filler {
	f := &filler{t: t, db: db, px: index.New(), rng: rand.New(rand.NewPCG(1, 2))}
	f.r = index.NewReader(f)
	return f
}

// QueryHead implements index.Queryer.
func (f *filler) QueryHead(ctx context.Context, do func(*sql.Tx, ledger.Head) error) error {
	tx, err := f.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return do(tx, ledger.Head{Size: f.next, Root: "root"})
}

// do runs fn in one transaction, as one request of the ledger.
func (f *filler) do(fn func()) {
	f.t.Helper()
	var err error
	if f.tx, err = f.db.Begin(); err != nil {
		f.t.Fatal(err)
	}
	fn()
	if err := f.px.Settle(context.Background(), f.tx); err != nil {
		f.t.Fatal(err)
	}
	if err := f.tx.Commit(); err != nil {
		f.t.Fatal(err)
	}
}

func (f *filler) keep(k leaf.Kind, at time.Time, body any, change custody.Change, open map[string]string) {
	p := leaf.Payload{ID: fakeID(int(f.next)), Kind: k, At: at, Body: body, Actors: []leaf.Actor{{Person: "p000"}}}
	err := f.px.Keep(context.Background(), f.tx, f.next, fmt.Sprintf("%064x", f.next), p, change)
	if err == nil {
		err = f.px.ApplyOpenings(context.Background(), f.tx, f.next, p, openingsOf(open))
	}
	if err != nil {
		f.t.Fatalf("leaf %d: %v", f.next, err)
	}
	f.next++
}

const fillPersons, fillDepartments, fillPlaces = 300, 12, 120

var epoch = time.Date(2020, 1, 6, 1, 0, 0, 0, time.UTC)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

var (
	surnames = []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤")
	given    = []rune("伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚桂文辉玲建国志华晓东海燕红霞春梅永健俊峰少华立新雪晨宇航思远博文嘉怡子涵")
	issuers  = []string{"某省税务局", "某海关总署", "某市财政局", "某省商务厅", "某市人民政府办公室", "某省国家保密局", "某市审计局", "某省发展和改革委员会", "某口岸办公室", "某省公安厅"}
	verbs    = []string{"印发", "转发", "下达", "报送", "加强", "规范", "调整", "开展", "做好", "通报", "征求", "批复"}
	subjects = []string{"年度预算执行情况", "出口退税专项核查", "涉密载体清理清退", "跨境贸易数据比对", "重点税源企业监控", "保密要害部门部位管理", "走私案件线索移送", "政府采购目录及限额标准", "专项债券资金拨付",
		"关税税率调整测算", "外汇收支风险排查", "机要文件收发登记", "涉密计算机及移动存储介质检查", "粮食储备轮换计划", "敏感商品进口监测", "稽查案件集体审理", "内部审计整改", "年终清退文件", "网络安全应急演练", "人员因公出国审批"}
	papers  = []string{"的通知", "的意见", "的报告", "的请示", "的批复", "的函", "工作方案", "会议纪要", "情况的通报", "实施细则"}
	abbrevs = []string{"税发", "署密发", "财预", "商函", "政办密", "保发", "审办", "改经", "岸办", "公传"}
)

// found makes the people, departments and places.
func (f *filler) found() {
	f.do(func() {
		f.keep(leaf.StationInitialised, epoch, &leaf.Initialised{Origin: station}, custody.Change{}, nil)
		for i := range fillPersons {
			name := string(pick(f.rng, surnames)) + string(pick(f.rng, given))
			if f.rng.IntN(3) > 0 {
				name += string(pick(f.rng, given))
			}
			id := personID(i)
			f.keep(leaf.PersonEnrolled, epoch, &leaf.Enrolled{Person: id, Roles: []leaf.Role{leaf.RoleKeeper}, AuthKey: hash("a" + id), SignKey: hash("s" + id)}, custody.Change{}, map[string]string{"name": name})
			post := custody.Post{Person: id, Department: departmentID(i % fillDepartments), Grade: "general", Clearance: "secret"}
			f.keep(leaf.PersonPosted, epoch, &leaf.Posted{Person: id}, custody.Change{Things: []custody.Thing{post}}, nil)
		}
		for i := range fillDepartments {
			d := custody.Department{ID: departmentID(i), Highest: "top-secret"}
			f.keep(leaf.DepartmentEntered, epoch, &leaf.Department{Department: d.ID}, custody.Change{Things: []custody.Thing{d}}, map[string]string{"name": fmt.Sprint("第", i, "处")})
		}
		for i := range fillPlaces {
			p := custody.Place{ID: placeID(i), Department: departmentID(i % fillDepartments), Use: "cabinet", Highest: "secret", Keeper: personID(i)}
			f.keep(leaf.PlaceEntered, epoch, &leaf.Place{Place: p.ID}, custody.Change{Things: []custody.Thing{p}}, map[string]string{"name": fmt.Sprint("保密柜", i)})
		}
	})
}

func personID(i int) string     { return fmt.Sprintf("p%03d", i) }
func departmentID(i int) string { return fmt.Sprintf("d%02d", i) }
func placeID(i int) string      { return fmt.Sprintf("g%03d", i) }

// spread is a number below n, small ones far more often.
func (f *filler) spread(n int) int { return int(float64(n) * f.rng.Float64() * f.rng.Float64()) }

// paper enters the next document.
func (f *filler) paper(i, of int) {
	at := fillTime(i, of)
	from := f.rng.IntN(len(issuers))
	d := &paper{id: fakeID(5_000_000 + i), issuer: issuers[from], number: fmt.Sprintf("某%s〔%d〕%d号", abbrevs[from], at.Year(), 1+f.rng.IntN(2000)), made: 1}
	d.title = d.issuer + "关于" + pick(f.rng, verbs) + fmt.Sprint(at.Year(), "年") + pick(f.rng, subjects) + pick(f.rng, papers)
	for f.rng.IntN(5) > 1 && d.made < 40 {
		d.made++
	}
	level := pick(f.rng, []string{"top-secret", "secret", "secret", "secret", "confidential", "confidential", "confidential", "confidential", "work-secret", "internal"})
	d.entry = custody.Document{ID: d.id, Classification: level, Period: "10年", Made: int64(d.made), Registered: int64(d.made)}
	f.keep(leaf.DocumentEntered, at, &leaf.Document{Document: d.id}, custody.Change{Things: []custody.Thing{d.entry}},
		map[string]string{"title": d.title, "number": d.number, "issuer": d.issuer})
	f.doc, f.left = d, d.made
}

// fillTime spreads n carriers over six years.
func fillTime(i, of int) time.Time {
	const span = 6 * 365 * 24 * time.Hour
	return epoch.Add(time.Duration(float64(span) * float64(i) / float64(of))).Truncate(time.Second)
}

// carrier registers carrier i of so many.
func (f *filler) carrier(i, of int) {
	if f.left == 0 {
		f.paper(i, of)
	}
	f.left--
	at := fillTime(i, of)
	kind := pick(f.rng, []string{"paper", "paper", "paper", "paper", "paper", "paper", "paper", "disc", "usb-key", "hdd"})
	letter := map[string]string{"paper": "Z", "disc": "G", "usb-key": "U", "hdd": "Y"}[kind]
	c := custody.Carrier{ID: carrierID(i), Index: -1, Level: f.doc.entry.Classification, Term: "10年",
		Entry: custody.Entry{List: fakeID(9_000_000 + i/200), Row: int64(i%200 + 2), Number: fmt.Sprintf("YZCZ-%s-%d-%07d", letter, at.Year(), i), Kind: kind, Medium: "paper",
			Classification: f.doc.entry.Classification, Period: "10年", Extent: custody.Extent{Value: 12, Unit: "page"}, Count: 1,
			MustReturn: f.rng.IntN(10) == 0, Document: f.doc.id}}
	f.state(&c, float64(i)/float64(of), at)
	copyNo := fmt.Sprintf("%06d", f.doc.made-f.left)
	serial := ""
	if kind != "paper" {
		serial = fmt.Sprintf("SN%08X", f.rng.Uint32())
	}
	open := map[string]string{"title": f.doc.title, "document": f.doc.number, "copy": copyNo, "issuer": f.doc.issuer}
	if serial != "" {
		open["serial"] = serial
	}
	f.entered(c, at, open)
}

// entered puts the registration of a carrier into the tables.
func (f *filler) entered(c custody.Carrier, at time.Time, open map[string]string) {
	if c.List != "" && c.Row == 2 {
		f.keep(leaf.ListImported, at, &leaf.Imported{List: c.List, SourceSHA256: hash(c.List), Rows: 200}, custody.Change{}, nil)
	}
	f.keep(leaf.CarrierRegistered, at, &leaf.Registered{Carrier: c.ID, DocumentID: c.Document}, custody.Change{Carriers: []custody.Carrier{c}}, open)
	if f.remember {
		f.carriers = append(f.carriers, c)
		f.texts = append(f.texts, index.Hit{Title: open["title"], DocumentNumber: open["document"], Copy: open["copy"], Issuer: open["issuer"], Serial: open["serial"]})
	}
}

// state puts a carrier where one of its age is: age 0 is the oldest.
func (f *filler) state(c *custody.Carrier, age float64, at time.Time) {
	c.Since = at
	if f.rng.Float64() > age*1.1 {
		c.State = pick(f.rng, []custody.State{custody.Certified, custody.Certified, custody.Certified, custody.Archived, custody.Returned, custody.Declassified, custody.Transferred})
		return
	}
	c.State, c.Where = custody.Received, custody.OnShelf
	place := f.spread(fillPlaces)
	c.Place, c.Keeper = placeID(place), personID(place)
	switch f.rng.IntN(100) {
	case 0:
		c.Place = ""
	case 1, 2, 3:
		c.Where, c.With = custody.OnLoan, personID(f.spread(fillPersons))
		c.Due = at.AddDate(0, 0, 10+f.rng.IntN(60)).Truncate(time.Hour)
		c.Movement = fakeID(7_000_000 + f.rng.IntN(1000))
	case 4:
		c.Where, c.With = custody.Circulating, personID(f.spread(fillPersons))
	case 5:
		c.State, c.Where, c.Batch = custody.Counted, custody.OnShelf, fakeID(8_000_000+f.rng.IntN(4))
	case 6:
		c.State, c.Where, c.Keeper, c.Place = custody.Missing, custody.Nowhere, "", ""
	case 7, 8, 9:
		c.Campaign = fakeID(6_000_000 + f.rng.IntN(3))
		c.Fate = pick(f.rng, custody.Fates())
	}
}
