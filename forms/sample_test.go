package forms_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"sexton/forms"
)

// carriers are invented carriers of an exercise, as a register gives them: one
// wide map each.
func carriers(n int) []forms.Values {
	kinds := []string{"纸介质", "纸介质", "纸介质", "光盘", "U盘", "机械硬盘"}
	marks := []string{"机密★10年", "秘密★5年", "秘密★10年", "内部", "工作秘密", "绝密★30年", "机密★会议开始前"}
	objects := []string{"做好年度预算编制", "开展国有资产清查", "印发会计信息质量检查办法", "报送专项债券项目储备", "调整进出口统计口径", "做好档案移交和涉密载体清理清退工作有关事项"}
	var out []forms.Values
	for i := range n {
		kind := kinds[i%len(kinds)]
		v := forms.Values{
			"carrier_number": fmt.Sprintf("YZCZ-Z-2026-%06d", i+1),
			"title":          "云泽市财政局关于" + objects[i%len(objects)] + "的通知（演练）",
			"issuer":         "某省财政厅",
			"carrier_kind":   kind,
			"classification": marks[i%len(marks)],
			"copy_number":    fmt.Sprintf("%06d", 17+3*i),
			"count":          "1",
			"keeper":         "梁㛃",
			"scope_of_use":   "预算处",
			"made_on":        "2025-11-03",
		}
		id := forms.Identity{Document: fmt.Sprintf("云财演〔2026〕%d号", i+1)}
		v["document_number"], v["extent"] = id.Document, fmt.Sprintf("%d页", 2+i*7%40)
		if kind != "纸介质" {
			id = forms.Identity{Secrecy: fmt.Sprintf("YZCZ-U-JM-2026-%04d", i), Serial: fmt.Sprintf("0703%014d", 48200917*int64(i))}
			v["extent"] = "16GB"
		}
		v["reference"] = id.Reference()
		out = append(out, v)
	}
	return out
}

// picked takes from wide rows what a table has columns for.
func picked(t testing.TB, id, table string, wide []forms.Values) []forms.Values {
	t.Helper()
	section, ok := form(t, load(t), id).Table(table)
	if !ok {
		t.Fatalf("form %s has no table %s", id, table)
	}
	var out []forms.Values
	for _, v := range wide {
		row, err := section.Pick(v)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	return out
}

// fill fails the test with every bad cell.
func fill(t testing.TB, f *forms.Form, c forms.Content) *forms.Sheet {
	t.Helper()
	s, err := f.Fill(c)
	if err != nil {
		var bad *forms.FillError
		if errors.As(err, &bad) {
			for _, x := range bad.Cells {
				t.Error(x)
			}
		}
		t.Fatal(err)
	}
	return s
}

func render(t testing.TB, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// samples fill the forms officers know best.
func samples(t testing.TB) map[string]forms.Content {
	base := forms.Content{Unit: "云泽市财政局（演练）", Bench: true, Printed: "2026-11-23 09:41",
		Ledger: &forms.Position{Size: 184236, Root: "Jx1mN2n1Y0qv3mX0yJr8c2l5u5m7R1oQ2v8o4h3b6aE="}}
	with := func(edit func(*forms.Content)) forms.Content { c := base; edit(&c); return c }
	destroyed := carriers(18)
	for i := range destroyed {
		for k, v := range map[forms.Key]string{"destroyed_on": "2026-11-20", "destruction_method": "粉碎", "destruction_place": "销毁间", "reason": "期满清理", "applicant": "周文",
			"approver": "郑国栋", "destroyer": "李晓梅", "attestor_1": "王强", "attestor_2": "陈䶮", "keeping_unit": "办公室"} {
			destroyed[i][k] = v
		}
	}
	received := carriers(14)
	for i := range received {
		for k, v := range map[forms.Key]string{"receipt_number": fmt.Sprintf("2026-密收演-%04d", i+1), "received_on": "2026-03-05", "attachments": "1", "handling_unit": "预算处", "signed_for_by": "梁㛃"} {
			received[i][k] = v
		}
		if i == 3 {
			received[i]["reply_number"], received[i]["filed_on"], received[i]["file_volume"] = "云财办〔2026〕7号", "2026-11-02", "2026-永久-12"
		}
	}
	var year []forms.Values
	for _, class := range []string{"绝密", "机密", "秘密", "工作秘密", "内部"} {
		for _, kind := range []string{"纸介质", "光盘", "U盘"} {
			year = append(year, forms.Values{"classification": class, "carrier_kind": kind, "opening_count": "120", "in_count": "640", "made_count": "88", "returned_count": "310", "archived_count": "66",
				"transferred_count": "8", "declassified_count": "3", "destroyed_count": "255", "other_count": "0"})
		}
	}
	returned := carriers(12)
	for i := range returned {
		returned[i]["due_count"], returned[i]["returned_count"] = "1", "1"
		if i == 4 {
			returned[i]["returned_count"], returned[i]["kept_reason"] = "0", "在办，经批准留用至 2027 年 3 月"
		}
	}
	return map[string]forms.Content{
		"F1": with(func(c *forms.Content) {
			c.Mark = "绝密★30年"
			c.Boxes = forms.Values{"unit": "办公室（机要室）", "registered_on": "2026-03-05"}
			c.Rows = map[string][]forms.Values{"carriers": picked(t, "F1", "carriers", carriers(30))}
			c.Signed = map[forms.Key][]forms.Signature{"keeper": {{Name: "梁㛃", On: "2026-03-05"}}}
		}),
		"F1a": with(func(c *forms.Content) {
			var rows []forms.Values
			for _, v := range picked(t, "F1a", "carriers", carriers(9)) {
				for k, x := range map[forms.Key]string{"barcode": "YZCZ2026000123V1", "made_by": "周文", "made_by_unit": "预算处", "responsible": "周文", "responsible_unit": "预算处", "making_method": "打印", "making_approval": "打批〔2026〕31号（演练）",
					"made_at": "2026-03-05 09:12", "remade": "否", "making_result": "成功", "file_name": "年度预算编制说明（演练）.docx", "project": "YS-26", "pages": "12", "paper_size": "A4", "colour": "黑白", "page_orientation": "纵向", "sides": "双面", "carrier_state": "留用",
					"device_name": "涉密打印机02", "flow_number": "LZ2026-0031", "purpose": "局长办公会", "due_on": "2026-12-31", "due_state": "未到期"} {
					v[k] = x
				}
				rows = append(rows, v)
			}
			c.Rows = map[string][]forms.Values{"carriers": rows}
		}),
		"F2": with(func(c *forms.Content) {
			c.Rows = map[string][]forms.Values{"documents": picked(t, "F2", "documents", received)}
		}),
		"F5": with(func(c *forms.Content) {
			c.Mark = "机密★10年"
			c.Boxes = forms.Values{"issuer": "某省财政厅", "document_number": "某财演〔2026〕12号", "received_on": "2026-03-05", "classification": "机密★10年", "copy_number": "000017",
				"title": "某省财政厅关于下达 2026 年专项债券项目储备任务的通知（演练）", "proposed_handling": "拟请分管领导阅示，预算处办理。", "reading_circle": "局领导、预算处、债务处", "deadline": "2026-03-20"}
			c.Rows = map[string][]forms.Values{"readers": {{"reader": "郑国栋", "sent_at": "2026-03-05 14:30", "returned_at": "2026-03-06 09:10", "reader_signature": "郑国栋", "opinion": "请预算处按时办理。"}, {"reader": "周文", "sent_at": "2026-03-06 09:20"}}}
			c.Spare = map[string]int{"readers": 6}
		}),
		"F8": with(func(c *forms.Content) { c.Number = "演-外带-003" }),
		"F9": with(func(c *forms.Content) {
			c.Number = "演-交-2026-0012"
			c.Boxes = forms.Values{"reason": "岗位调整", "giver": "周文", "giver_unit": "预算处", "giver_post": "主任科员", "giver_contact": "内线 3102", "receiver": "梁㛃", "receiver_unit": "办公室", "receiver_post": "机要员", "receiver_contact": "内线 3001", "handover_attestor": "王强", "handed_over_on": "2026-11-23"}
			c.Rows = map[string][]forms.Values{"carriers": picked(t, "F9", "carriers", carriers(16))}
		}),
		"F10": with(func(c *forms.Content) {
			c.Number = "演-清退-2026-02"
			c.Boxes = forms.Values{"unit": "云泽市财政局", "appointed_at": "2026-09-14 09:30"}
			c.Rows = map[string][]forms.Values{"documents": picked(t, "F10", "documents", returned)}
		}),
		"F11": with(func(c *forms.Content) {
			c.Number = "演-销批〔2026〕3号"
			c.Mark = "绝密★30年"
			c.Boxes = forms.Values{"unit": "办公室（机要室）"}
			c.Rows = map[string][]forms.Values{"carriers": picked(t, "F11", "carriers", carriers(22))}
			c.Signed = map[forms.Key][]forms.Signature{"approver": {{Name: "郑国栋", On: "2026-11-18 10:05"}}}
		}),
		"F12": with(func(c *forms.Content) {
			c.Number = "演-销登2026-003"
			c.Rows = map[string][]forms.Values{"carriers": picked(t, "F12", "carriers", destroyed)}
		}),
		"F13": with(func(c *forms.Content) {
			c.Number = "销证演2026-000017"
			c.StateSecrets = true
			c.Boxes = forms.Values{"sending_unit": "云泽市商务局（演练）", "list_number": "销单演2026-003", "approval_number": "销批演〔2026〕3号", "approver": "郑国栋", "approved_on": "2026-11-18", "quantities": "纸介质 41份（机密 12，秘密 29），光盘 3张（秘密），U盘 1个（机密）", "mass_kg": "12.35",
				"destroyed_on": "2026-11-20", "started_at": "2026-11-20 09:30", "ended_at": "2026-11-20 10:42", "destruction_place": "云泽市销毁站（演练）一号销毁间", "destruction_method": "粉碎", "particle_level": "P-7 / O-6 / E-6", "machine": "演练粉碎机 SX-01，检测合格证 演-2026-11",
				"destroyer": "李晓梅", "attestor": "王强", "residue_handling": "化浆", "legal_basis": "《中华人民共和国保守国家秘密法实施条例》第二十八条", "annex_pages": "清单 3 页", "inspection_way": "扫描证明上的二维码或用查验程序离线查验"}
		}),
		"F14": with(func(c *forms.Content) {
			c.Rows = map[string][]forms.Values{"request": {{"carrier_kind": "U盘", "specification": "64GB，国产", "classification": "机密", "count": "2", "authentication_kind": "口令+指纹", "scope_of_use": "预算处涉密计算机"}}}
			c.Spare = map[string]int{"issued": 3}
		}),
		"F15a": with(func(c *forms.Content) {}),
		"F18": with(func(c *forms.Content) {
			c.Boxes = forms.Values{"title": "2025 年专项债券项目储备清单（演练）", "old_classification": "机密★10年", "old_period": "10年"}
		}),
		"P2": with(func(c *forms.Content) {
			c.Boxes = forms.Values{"sending_unit": "云泽市财政局（演练）", "bag_number": "3 / 12", "seal_number": "F演0004711", "carrier_kind": "纸介质", "highest_classification": "机密", "count": "46", "mass_kg": "9.82", "packed_on": "2026-11-20"}
		}),
		"P3": with(func(c *forms.Content) {
			c.Boxes = forms.Values{"sending_unit": "云泽市财政局（演练）", "seal_number": "F演0004711"}
		}),
		"P4": with(func(c *forms.Content) {}),
		"P5": with(func(c *forms.Content) {
			c.Boxes = forms.Values{"gross_kg": "20.40", "tare_kg": "0.5", "seals_intact": "是"}
		}),
		"R1": with(func(c *forms.Content) {
			c.Number = "演-年报-2026"
			c.Boxes = forms.Values{"unit": "云泽市财政局（演练）", "report_period": "2026年度", "filled_on": "2027-01-08"}
			c.Rows = map[string][]forms.Values{"holdings": year,
				"problems": {{"problem": strings.Repeat("一份机密文件登记份数与实物不符，经查夹在另一份文件封面内。", 2), "found_on": "2026-06-03", "correction_state": "已查清，已重新清点", "corrected_on": "2026-06-03"}},
				"persons":  {{"name": "陈䶮", "post": "机要员", "clearance": "重要", "change": "上岗", "changed_on": "2026-04-01"}},
				"machines": {{"machine_name": "介质粉碎机", "machine_number": "SX-01", "machine_approval": "演-2026-11", "tested_on": "2026-05-12", "test_result": "合格"}},
			}
		}),
	}
}
