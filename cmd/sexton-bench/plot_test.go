package main

import (
	"testing"

	"sexton/bench/year"
)

// What a prologue leaves out of a year must leave the rest whole: the oracle
// takes every happening that is kept, and each part is played by somebody else.
func TestPlotsAreWhole(t *testing.T) {
	for _, carriers := range []int{year.Least, 200, 700} {
		for seed := uint64(1); seed <= 40; seed++ {
			life, err := year.New(year.Config{Carriers: carriers, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			p, err := newPlot(life)
			if err != nil {
				t.Errorf("%d carriers, seed %d: %v", carriers, seed, err)
				continue
			}
			o := year.NewOracle()
			for _, e := range p.events {
				if err := o.Observe(e); err != nil {
					t.Errorf("%d carriers, seed %d: %v", carriers, seed, err)
					break
				}
			}
			parts := map[year.PersonID]bool{}
			for _, id := range []year.PersonID{p.leader, p.deputy, p.clerk, p.second, p.attestor, p.officer, p.debtor, p.lapsing} {
				if parts[id] || !p.has(id) {
					t.Errorf("%d carriers, seed %d: person %d has two parts, or no card", carriers, seed, id)
				}
				parts[id] = true
			}
			for _, q := range life.World().Places {
				if !p.has(q.Keeper) {
					t.Errorf("%d carriers, seed %d: the keeper of %s has no card", carriers, seed, q.Name)
				}
			}
			if open := o.Open(); len(open) < 2 {
				t.Errorf("%d carriers, seed %d: %d links are open at the end", carriers, seed, len(open))
			}
		}
	}
}
