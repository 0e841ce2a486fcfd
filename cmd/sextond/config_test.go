package main

import "testing"

// TestExampleConfiguration keeps the example in the manual true to the code.
func TestExampleConfiguration(t *testing.T) {
	c, err := readConfig("../../docs/operations/sextond.toml")
	if err != nil {
		t.Fatal(err)
	}
	if c.Bench || c.Machine.Poll.Milliseconds() != 100 || c.Group != "sexton" {
		t.Errorf("got %+v", c)
	}
}
