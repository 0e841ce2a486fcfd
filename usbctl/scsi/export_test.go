package scsi

// ParseSense is parseSense for the fuzzer.
var ParseSense = parseSense
