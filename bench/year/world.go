package year

import (
	"fmt"
	"time"
)

// Numbers of things, local to one stream, from 1. Zero is nobody, nothing.
type (
	PersonID   int32
	UnitID     uint8
	PlaceID    uint8
	CarrierID  int32
	DocumentID int32
	Ref        int32 // of a proceeding: consignment, slip, loan, request, hand-over, dispatch, list, batch, campaign, inspection
)

// Grade is the grade of a cleared person.
type Grade string

// Grades (涉密等级).
const (
	Core      Grade = "core"      // 核心
	Important Grade = "important" // 重要
	General   Grade = "general"   // 一般
)

var gradeZh = map[Grade]string{Core: "核心", Important: "重要", General: "一般"}

// Zh is the term of the forms.
func (g Grade) Zh() string { return gradeZh[g] }

// highest is the highest class that a grade may read.
func (g Grade) highest() Class {
	switch g {
	case Core:
		return TopSecret
	case Important:
		return Secret
	}
	return Confidential
}

// Person is one of the cast: invented, like everything here.
type Person struct {
	ID         PersonID  `json:"id"`
	Number     string    `json:"number"`
	Name       string    `json:"name"`
	Department int       `json:"department"` // index of World.Departments
	Roles      []string  `json:"roles"`      // at the station, words of policy profiles
	Grade      Grade     `json:"grade"`
	Joins      time.Time `json:"joins"`              // first day on post; before the stream for most
	Leaves     time.Time `json:"leaves,omitzero"`    // first day no longer on post
	Trained    time.Time `json:"trained"`            // training is valid up to and including this day
	Retrained  time.Time `json:"retrained,omitzero"` // when training was renewed after it had run out

	on, off        moment // on post
	lapsed, relief moment // without valid training
}

// may says that p may hold a carrier of class c all the time from a to b.
func (p *Person) may(c Class, a, b moment) bool {
	return p.Grade.highest() <= c && p.on <= a && b < p.off && (b < p.lapsed || p.relief <= a)
}

// Place is where carriers are kept.
type Place struct {
	ID         PlaceID  `json:"id"`
	Name       string   `json:"name"`
	Use        string   `json:"use"` // word of policy profiles
	Department int      `json:"department"`
	Highest    Class    `json:"highest"`
	Keeper     PersonID `json:"keeper"`
}

// Unit is another body, or the bureau itself.
type Unit struct {
	ID   UnitID `json:"id"`
	Name string `json:"name"`
	What string `json:"what"` // superior, own, peer, district, archive
}

// The units.
const (
	Superior UnitID = iota + 1
	Own
	Commerce
	Customs
	Data
	District
	Archive
)

// World is what does not change: who there is, and where.
type World struct {
	Bureau      string   `json:"bureau"`
	Departments []string `json:"departments"`
	Persons     []Person `json:"persons"` // by PersonID - 1
	Places      []Place  `json:"places"`  // by PlaceID - 1
	Units       []Unit   `json:"units"`   // by UnitID - 1
}

// Person finds a person.
func (w *World) Person(id PersonID) *Person { return &w.Persons[id-1] }

// Place finds a place.
func (w *World) Place(id PlaceID) *Place { return &w.Places[id-1] }

// Unit finds a unit.
func (w *World) Unit(id UnitID) *Unit { return &w.Units[id-1] }

// The six with roles at the station, and the others of the cast by name.
const (
	leader    PersonID = iota + 1
	deputy             // of the leader, when he is on leave
	clerk              // 机要员: receives, keeps, applies
	second             // counts a second time, destroys
	attestor           // 监销人
	officer            // 保密员: inspects, administers
	cleared            // first of the eighteen, the one of grade core
	firstHead          // first of the five keepers of departments
)

const (
	joiner  = firstHead + 5 + iota // joins in May
	leaver                         // leaves in June
	debtor                         // wants to leave in October with a carrier on loan
	lapsing                        // training runs out in April
	people  = cleared + 17
)

// The places of the confidential room; the departments' cabinets follow.
const (
	cabinetA    PlaceID = iota + 1 // 机密
	cabinetB                       // 秘密
	cabinetC                       // 工作秘密, 内部
	readingRoom                    // 绝密
	waiting                        // for carriers about to be destroyed
	firstCabinet
)

// shelf is where a carrier of a class is kept in the confidential room.
func shelf(c Class) PlaceID {
	switch c {
	case TopSecret:
		return readingRoom
	case Secret:
		return cabinetA
	case Confidential:
		return cabinetB
	}
	return cabinetC
}

var surnames = []rune("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文")

var given = []rune("明华建国志强文军平海波涛鹏辉斌宇浩然晨阳光亮东升永胜安宁静敏丽娟芳燕玲秀英慧雅婷雪梅兰竹清莹洁颖琳佳欣悦怡思远博达立群伟民成杰俊凯峰岩松柏云川")

// rare given names test fonts and encodings: an Extension A character, one that
// Unicode took into it late, and one beyond the basic plane.
var rare = map[PersonID]string{cleared: "㛃", firstHead + 1: "䶮", lapsing + 1: "𬭎"}

func newWorld(d *draw, c *calendar) *World {
	w := &World{
		Bureau:      "云泽市财政局",
		Departments: []string{"办公室（机要室）", "预算科", "国库科", "国有资产科", "会计科", "信息中心"},
		Units: []Unit{
			{Superior, "某省财政厅", "superior"}, {Own, "云泽市财政局", "own"}, {Commerce, "云泽市商务局", "peer"}, {Customs, "云泽海关", "peer"},
			{Data, "云泽市大数据局", "peer"}, {District, "青槐区财政局", "district"}, {Archive, "云泽市财政局档案室", "archive"},
		},
		Places: []Place{
			{cabinetA, "机要室一号保密柜", "approved-cabinet", 0, Secret, clerk}, {cabinetB, "机要室二号保密柜", "approved-cabinet", 0, Confidential, clerk},
			{cabinetC, "机要室三号保密柜", "cabinet", 0, WorkSecret, clerk}, {readingRoom, "绝密文件阅览室", "reading-room", 0, TopSecret, clerk},
			{waiting, "待销毁载体存放室", "room", 0, Secret, clerk},
		},
	}
	for i := 1; i < len(w.Departments); i++ {
		w.Places = append(w.Places, Place{firstCabinet + PlaceID(i-1), w.Departments[i] + "保密柜", "cabinet", i, Secret, firstHead + PersonID(i-1)})
	}
	names := map[string]bool{}
	for id := PersonID(1); id <= people; id++ {
		w.Persons = append(w.Persons, newPerson(d, c, id, names))
	}
	return w
}

var stationRoles = map[PersonID][]string{
	leader: {"approver", "classifier"}, deputy: {"approver", "auditor"}, clerk: {"receiver", "keeper", "applicant", "counter"},
	second: {"second-counter", "destroyer", "operator"}, attestor: {"attestor", "operator"}, officer: {"admin", "secrecy-officer", "inspector"},
}

// Days of the story of persons.
const (
	joins        = "2026-05-06"
	leaves       = "2026-06-24"
	lapses       = "2026-04-30" // last valid day
	retrained    = "2026-05-22"
	debtorAsks   = "2026-10-21"
	debtorPays   = "2026-10-22"
	debtorLeaves = "2026-10-26"
	leaveFrom    = "2026-09-14" // of the leader
	leaveTo      = "2026-09-18"
)

func newPerson(d *draw, c *calendar, id PersonID, taken map[string]bool) Person {
	p := Person{
		ID: id, Number: fmt.Sprintf("YZCZ-YL-%02d", id), Roles: stationRoles[id], Grade: General, Joins: date("2025-03-03"), Trained: date("2027-12-31"),
		off: c.end(), lapsed: c.end(), relief: c.end(),
	}
	switch {
	case id <= clerk, id == cleared:
		p.Grade = Core
	case id <= officer, id < joiner:
		p.Grade = Important
	}
	switch {
	case id >= firstHead && id < joiner:
		p.Department = int(id-firstHead) + 1
	case id >= cleared:
		p.Department = d.between(1, 5)
	}
	for p.Name == "" || taken[p.Name] {
		p.Name = string(pick(d, surnames)) + givenName(d, id)
	}
	taken[p.Name] = true
	switch id {
	case joiner:
		p.Joins, p.on = date(joins), c.on(joins)+day
	case leaver:
		p.Leaves, p.off = date(leaves), c.on(leaves)-day // the last day is for settling
	case debtor:
		p.Leaves, p.off = date(debtorLeaves), c.on("2026-09-07") // from then on he gets nothing but what he owes
	case lapsing:
		p.Trained, p.Retrained = date(lapses), date(retrained)
		p.lapsed, p.relief = c.on("2026-05-01"), c.on(retrained)+day
	}
	return p
}

func givenName(d *draw, id PersonID) string {
	if r, ok := rare[id]; ok {
		return r
	}
	name := string(pick(d, given))
	if d.chance(0.7) {
		name += string(pick(d, given))
	}
	return name
}
