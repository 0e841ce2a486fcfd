package inspect_test

import "sexton/certificate/certtest"

// testProfile allows shredding of everything but top secret, whose row is empty.
const testProfile = `format = "sexton-policy/1"
name = "unit-test"
version = "3"
effective = "2026-01-01"
title = { zh = "测试制度", en = "Test rules" }

[[approval]]
id = "a-all"
act = "destroy"
classifications = ["top-secret", "secret", "confidential", "work-secret", "internal", "public"]
persons = 2
authority = "own-leader"
retention = "permanent"
[approval.basis]
law = { zh = "测试", en = "test" }
document = "T-1"
effective = "2026-01-01"
status = "confirmed"

[[method]]
id = "m-all"
act = "destroy"
classifications = ["secret", "confidential", "work-secret", "internal", "public"]
categories = ["P", "F", "O", "T", "H", "E"]
methods = ["shred"]
min_level = 4
max_area_mm2 = 160.0
[method.basis]
law = { zh = "测试", en = "test" }
document = "T-2"
effective = "2026-01-01"
status = "unconfirmed"

[[method]]
id = "m-top"
act = "destroy"
classifications = ["top-secret"]
categories = ["P", "F", "O", "T", "H", "E"]
[method.basis]
law = { zh = "测试", en = "test" }
document = "T-3"
effective = "2026-01-01"
status = "empty"
note = { zh = "由保密办填写", en = "to be filled in by the secrecy office" }
`

func profile() certtest.Config {
	return certtest.Config{Profile: "unit-test", Version: "3", PolicyBytes: []byte(testProfile), Rows: []string{"a-all", "m-all"}}
}
