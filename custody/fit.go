package custody

import "time"

// Fit says whether somebody may handle carriers of a level on a day: he is on
// post and has not left, his clearance reaches the level, his training is
// valid, and he signed the pledge for this post (上岗、在岗、离岗管理). The day is that
// of its own location. A zero Post is nobody's.
//
// Error: a *Refusal with KeyNotOnPost, KeyClearance, KeyTraining or KeyPledge.
func Fit(post Post, level string, day time.Time) error {
	subject, today := subjectOf(post.Ref()), day.Format(time.DateOnly)
	switch {
	case post.Person == "" || post.Left || post.Since > today:
		return refuse(KeyNotOnPost, subject, "since %q, left %t", post.Since, post.Left)
	case !reaches(post.Clearance, level):
		return refuse(KeyClearance, subject, "cleared for %s, level %s", post.Clearance, level)
	case post.TrainedTill < today:
		return refuse(KeyTraining, subject, "trained till %q", post.TrainedTill)
	case post.Pledged == "":
		return refuse(KeyPledge, subject, "")
	}
	return nil
}
