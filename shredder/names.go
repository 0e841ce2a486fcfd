package shredder

import (
	"fmt"
	"strings"
)

// Name is what people see, in both languages.
type Name struct{ EN, ZH string }

func (n Name) String() string { return n.EN }

// State of the machine. The order is that of a job's life; compare only for equality.
type State int

// States. StateUnknown is the zero value and is unsafe.
const (
	StateUnknown State = iota // no data
	NotReady                  // an Offer would be refused; Reasons says why
	Ready                     // an Offer would be taken
	Offered                   // a job is stored, no permission
	Released                  // permission lives, the motor stands
	Starting                  // the motor runs up
	Running                   // the cutter turns forward
	Reversing                 // the machine frees itself
	RunDown                   // motor off, the cutter still turns
	Ended                     // the job is over, its counters are final
	Faulted                   // latched; left only by a reset at the machine
)

var stateNames = [...]Name{
	{"unknown", "未知"}, {"not ready", "未就绪"}, {"ready", "就绪"}, {"offered", "已下达任务"}, {"released", "已许可"}, {"starting", "启动中"},
	{"running", "运行中"}, {"reversing", "反转中"}, {"run-down", "惯性停机中"}, {"ended", "任务结束"}, {"faulted", "故障锁定"},
}

// Name returns the words for people.
func (s State) Name() Name { return nameOf(stateNames[:], int(s), "state", "状态") }

func (s State) String() string { return s.Name().EN }

// Executing says that the motor or the cutter may be turning under a job.
func (s State) Executing() bool { return s >= Starting && s <= RunDown }

// Material tells the machine what is coming.
type Material uint16

// Materials, by the categories of ISO/IEC 21964-1.
const (
	MaterialUnspecified Material = iota
	MaterialPaper                // P
	MaterialFilm                 // F
	MaterialOptical              // O
	MaterialTape                 // T
	MaterialHardDisk             // H
	MaterialFlash                // E
	MaterialMixed                // a sealed batch of several kinds
)

var materialNames = [...]Name{
	{"unspecified", "未指明"}, {"paper", "纸张"}, {"film", "胶片"}, {"optical disc", "光盘"}, {"tape", "磁带"}, {"hard disk", "硬盘"},
	{"flash memory", "闪存"}, {"mixed", "混合"},
}

// Name returns the words for people.
func (m Material) Name() Name { return nameOf(materialNames[:], int(m), "material", "材质") }

func (m Material) String() string { return m.Name().EN }

// Reasons is the set of what forbids work. NoPermission and Expired only inform; see Forbidding.
type Reasons uint32

// Reasons.
const (
	Local         Reasons = 1 << iota // the selector at the machine stands on local: local beats remote
	EStop                             // emergency stop
	GuardOpen                         // guard, hood or hopper door
	BinFull                           // level sensor of the bin
	BinMissing                        // bin not in place
	Overload                          // motor overload
	Thermal                           // too hot
	Jam                               // reversing did not free the cutter
	PhaseFault                        // supply
	ServiceDue                        // service is due and forbids work
	NoPermission                      // somebody tried to start without permission
	FeedBlocked                       // counted, but no load: material bridges the hopper
	ScaleFault                        // a scale is unplugged, over range or not calibrated
	SensorFault                       // inputs contradict one another
	KnifeWorn                         // knife hours used up
	PowerReturned                     // needs a reset at the machine
	Busy                              // another job
	Expired                           // the last permission ended by time
	Internal                          // the controller found a fault in itself
)

var reasonNames = [...]Name{
	{"selector on local", "选择开关在本地位"}, {"emergency stop", "急停"}, {"guard open", "防护门打开"}, {"bin full", "料箱已满"}, {"bin missing", "料箱未就位"},
	{"motor overload", "电机过载"}, {"too hot", "温度过高"}, {"jammed", "卡料"}, {"phase fault", "缺相或错相"}, {"service due", "保养到期"},
	{"no permission", "无销毁许可"}, {"feed blocked", "进料架桥"}, {"scale fault", "秤故障"}, {"sensor fault", "传感器故障"}, {"knives worn", "刀具磨损"},
	{"power returned, reset at the machine", "来电后需在机旁复位"}, {"busy with another job", "正在执行其他任务"}, {"permission expired", "许可已过期"},
	{"internal fault", "控制器内部故障"},
}

// AllReasons are those this version knows.
const AllReasons Reasons = 1<<len(reasonNames) - 1

// Has says whether all of want are there.
func (r Reasons) Has(want Reasons) bool { return r&want == want }

// Forbidding leaves out the reasons that only inform about the past.
func (r Reasons) Forbidding() Reasons { return r &^ (NoPermission | Expired) }

// Names returns the words for people, in fixed order. A bit without a name is listed by its number.
func (r Reasons) Names() []Name {
	var out []Name
	for i := range 32 {
		if r&(1<<i) != 0 {
			out = append(out, nameOf(reasonNames[:], i, "reason", "原因"))
		}
	}
	return out
}

// String is the English words joined by commas, "none" for the empty set.
func (r Reasons) String() string {
	return joinNames(r.Names(), ", ", "none", func(n Name) string { return n.EN })
}

// ZH is the Chinese words, 无 for the empty set.
func (r Reasons) ZH() string {
	return joinNames(r.Names(), "、", "无", func(n Name) string { return n.ZH })
}

// Capability is what the machine can sense and do.
type Capability uint32

// Capabilities.
const (
	CapFeedCount    Capability = 1 << iota // Feed counts objects
	CapEnergy                              // EnergyJ is measured
	CapCurrent                             // MotorMA and PeakMA are measured
	CapInletScale                          // InletMG is weighed
	CapBinScale                            // BinG is weighed
	CapGuardCounter                        // GuardOpenings counts even between polls
	CapAutoReverse                         // frees a jam by itself
	CapBinSensor                           // senses bin full and missing
	CapSelector                            // has a local/remote selector
	CapFeedGate                            // holds material back when the permission ends
	CapCountersKept                        // counters survive loss of power
)

// Has says whether all of want are there.
func (c Capability) Has(want Capability) bool { return c&want == want }

var capNames = [...]Name{
	{"feed count", "进料计数"}, {"energy", "电能"}, {"current", "电流"}, {"inlet scale", "进料秤"}, {"bin scale", "料箱秤"}, {"guard counter", "防护门计数"},
	{"auto-reverse", "自动反转"}, {"bin sensor", "料箱传感器"}, {"local/remote selector", "本地/远程选择开关"}, {"feed gate", "进料闸"}, {"counters kept", "计数掉电保持"},
}

// Names returns the words for people, in fixed order.
func (c Capability) Names() []Name {
	var out []Name
	for i := range 32 {
		if c&(1<<i) != 0 {
			out = append(out, nameOf(capNames[:], i, "capability", "能力"))
		}
	}
	return out
}

func (c Capability) String() string {
	return joinNames(c.Names(), ", ", "none", func(n Name) string { return n.EN })
}

// Changes is what differs between two pictures, and what happened to the link between them.
type Changes uint32

// Changes.
const (
	First             Changes = 1 << iota // no earlier picture
	StateChanged                          // State differs
	ReasonsChanged                        // Reasons differ
	FeedCounted                           // Feed grew
	ReverseCounted                        // Reverses grew
	JamCounted                            // Jams grew
	GuardOpened                           // GuardOpenings grew, even if the guard is shut again
	JobChanged                            // ActiveToken differs
	PermissionEnded                       // it lived before and does not now
	Rebooted                              // BootID differs: permission and job are gone, the window has a gap
	Backwards                             // a counter, the uptime or the sequence fell within one start: disputed
	LinkBack                              // data again after an error
	ForeignMaster                         // a command was taken that this driver did not send
	firstUnusedChange = iota
)

var changeNames = [...]Name{
	{"first", "首次"}, {"state", "状态"}, {"reasons", "原因"}, {"feed", "进料"}, {"reverse", "反转"}, {"jam", "卡料"}, {"guard opened", "防护门打开"},
	{"job", "任务"}, {"permission ended", "许可结束"}, {"restarted", "设备重启"}, {"backwards", "数值倒退"}, {"link back", "连接恢复"}, {"other master", "其他主站"},
}

// Has says whether all of want happened.
func (c Changes) Has(want Changes) bool { return c&want == want }

func (c Changes) String() string {
	var names []Name
	for i := range firstUnusedChange {
		if c&(1<<i) != 0 {
			names = append(names, changeNames[i])
		}
	}
	return joinNames(names, ", ", "none", func(n Name) string { return n.EN })
}

func nameOf(names []Name, i int, en, zh string) Name {
	if i >= 0 && i < len(names) {
		return names[i]
	}
	return Name{fmt.Sprintf("%s %d", en, i), fmt.Sprintf("%s%d", zh, i)}
}

func joinNames(names []Name, sep, none string, pick func(Name) string) string {
	if len(names) == 0 {
		return none
	}
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = pick(n)
	}
	return strings.Join(words, sep)
}
