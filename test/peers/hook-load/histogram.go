package main

import (
	"math/bits"
	"time"
)

// Values below this are counted one by one, larger ones in so many steps for each doubling: within 1 %.
const (
	stepBits = 7
	steps    = 1 << stepBits
	buckets  = (40 - stepBits) * steps
)

// histogram counts times in µs, after the manner of HdrHistogram.
type histogram struct {
	counts [buckets]int64
}

func (h *histogram) add(took time.Duration) {
	value := uint64(max(0, took.Microseconds()))
	h.counts[min(bucketOf(value), buckets-1)]++
}

func (h *histogram) merge(other *histogram) {
	for i, count := range other.counts {
		h.counts[i] += count
	}
}

// pairs are the largest value of each bucket that is not empty, and its count.
func (h *histogram) pairs() [][2]int64 {
	all := [][2]int64{}
	for i, count := range h.counts {
		if count > 0 {
			all = append(all, [2]int64{largestOf(i), count})
		}
	}
	return all
}

func bucketOf(value uint64) int {
	shift := max(0, bits.Len64(value)-stepBits-1)
	return shift*steps + int(value>>shift)
}

func largestOf(bucket int) int64 {
	shift := max(0, bucket/steps-1)
	return int64((bucket-shift*steps+1)<<shift) - 1
}
