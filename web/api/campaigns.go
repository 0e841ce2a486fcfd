package api

import "time"

// Requests about clear-outs.
type (
	CampaignRequest struct {
		Session string `json:"session"`
		Number  string `json:"number"`
		Before  string `json:"before"`
	}
	ProposeRequest struct {
		Session  string        `json:"session"`
		Campaign string        `json:"campaign"`
		Auto     bool          `json:"auto"`
		List     []byte        `json:"list"`
		Filter   *SearchFilter `json:"filter"`
		Fate     string        `json:"fate"`
		Reason   string        `json:"reason"`
	}
	CarryOutRequest struct {
		Campaign string    `json:"campaign"`
		Fate     string    `json:"fate"`
		Number   string    `json:"number"`
		To       string    `json:"to"`
		Party    string    `json:"party"`
		Outside  bool      `json:"outside"`
		Channel  string    `json:"channel"`
		Courier  string    `json:"courier"`
		Seals    []string  `json:"seals"`
		Escorts  []string  `json:"escorts"`
		Due      time.Time `json:"due"`
		Limit    int64     `json:"limit"`
		By       Signer    `json:"by"`
	}
	CampaignEndRequest struct {
		Campaign string `json:"campaign"`
		Reason   string `json:"reason"`
		By       Signer `json:"by"`
	}
)

// CampaignView is one clear-out. Nothing in it is typed: every figure is counted.
type CampaignView struct {
	ID        string     `json:"id"`
	Number    string     `json:"number"`
	Before    string     `json:"before"` // carriers registered before this day belong to it
	At        time.Time  `json:"at"`
	State     string     `json:"state"` // "opened", "approved", "closed"
	StateZh   string     `json:"state_zh"`
	Opener    string     `json:"opener"`
	Approver  string     `json:"approver"`
	Selected  int64      `json:"selected"` // 应清
	Proposed  int64      `json:"proposed"`
	Done      int64      `json:"done"`
	Left      int64      `json:"left"` // selected, and not done
	Fates     []FateView `json:"fates"`
	Remaining []LeftView `json:"remaining"` // only in the answer to Campaign: what is left, with why and where
}

// FateView is the balance of one fate: due = done + left.
type FateView struct {
	Fate   string `json:"fate"`
	FateZh string `json:"fate_zh"`
	Due    int64  `json:"due"`  // 应退 and its siblings
	Done   int64  `json:"done"` // 实退
	Left   int64  `json:"left"` // 未退
}

// LeftView is one carrier of a clear-out that has not met its fate.
type LeftView struct {
	Number   string `json:"number"`
	Title    string `json:"title"`
	Document string `json:"document"`
	Issuer   string `json:"issuer"`
	LevelZh  string `json:"level_zh"`
	Fate     string `json:"fate"` // "" = none proposed
	FateZh   string `json:"fate_zh"`
	Why      string `json:"why"` // code: no-proposal, not-approved, ready, handed-out, in-transit, in-batch, missing, open-case, disposed
	WhyZh    string `json:"why_zh"`
	StateZh  string `json:"state_zh"`
	WhereZh  string `json:"where_zh"`
	Place    string `json:"place"`
	Keeper   string `json:"keeper"`
	With     string `json:"with"`
	Movement string `json:"movement"`
	Batch    string `json:"batch"`
}

// ProposeView is what a round of proposals did.
type ProposeView struct {
	Campaign CampaignView     `json:"campaign"`
	Proposed map[string]int64 `json:"proposed"` // by fate, in this round
	Bad      []RowFault       `json:"bad"`      // rows of the list that say nothing usable; then nothing was proposed
}

// CarryOutView is what one step of carrying out did.
type CarryOutView struct {
	Campaign CampaignView `json:"campaign"`
	Movement string       `json:"movement"` // id of the movement it opened, "" = none
	Batch    string       `json:"batch"`    // id of the batch it opened, "" = none
	Taken    []string     `json:"taken"`    // numbers of the carriers in it
	More     int64        `json:"more"`     // that could be carried out the same way, and were too many for one step
}
