package year

import (
	"math"
	"math/rand/v2"
)

// draw is one stream of chance. Arrivals, lives and people have a stream each,
// so that the lists of carriers do not depend on what becomes of them.
type draw struct{ *rand.Rand }

func newDraw(seed, stream uint64) *draw { return &draw{rand.New(rand.NewPCG(seed, stream))} }

const (
	streamPeople uint64 = iota + 1
	streamArrivals
	streamLives
	streamLists
)

func (d *draw) chance(p float64) bool { return d.Float64() < p }

// between draws from lo to hi, both included.
func (d *draw) between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

// working draws a number of minutes, bounds in working days.
func (d *draw) working(lo, hi float64) moment {
	return moment((lo + d.Float64()*(hi-lo)) * day)
}

func pick[T any](d *draw, of []T) T { return of[d.IntN(len(of))] }

// share is one outcome of many, with its part of a whole.
type share[T any] struct {
	what T
	part float64
}

func pickShare[T any](d *draw, of []share[T]) T {
	sum := 0.0
	for _, s := range of {
		sum += s.part
	}
	at := d.Float64() * sum
	for _, s := range of {
		if at -= s.part; at < 0 {
			return s.what
		}
	}
	return of[len(of)-1].what
}

// pages are log-normal: median 6, 95 % at or below 40, never more than 300.
func (d *draw) pages() int {
	sigma := math.Log(40.0/6) / 1.6449 // the 95th percentile of the normal distribution
	return min(max(int(math.Round(6*math.Exp(d.NormFloat64()*sigma))), 1), 300)
}

// some draws n different ones of those given, in random order.
func some[T any](d *draw, n int, of []T) []T {
	of = append([]T(nil), of...)
	d.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
	return of[:min(n, len(of))]
}
