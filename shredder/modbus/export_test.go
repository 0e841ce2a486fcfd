package modbus

// Pure parts, for tables and fuzzing.
var (
	Verdict    = verdict
	ReadAnswer = readAnswer
)
