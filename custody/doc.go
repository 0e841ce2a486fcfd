// Package custody is the life of a carrier as a pure state machine, and the
// register it is kept in: what may happen, who must have done what before, and
// what the evidence of a machine amounts to. The station and an inspector replay
// the same history through the same code.
//
// It follows the rules for state-secret carriers (law of 2024, art. 20 to 22, 26
// and 28; implementing regulation of 2024, art. 20, 21, 27 and 28: counted,
// numbered, entered, signed for; approved before the act; copies managed as the
// original; destroyed beyond restoration by two persons) and the separation of
// performer and witness in NIST SP 800-88. docs/design/register.md is the law of
// the register in words.
//
// Everything that has states has one table. Apply and ApplyBatch answer single
// cells for carriers and batches (transitions.go); ApplyHand, ApplyRequest,
// ApplyMovement, ApplyCampaign, ApplyInspection and ApplyFinding for a carrier's
// whereabouts and for the things of the register (tables.go, tables_office.go).
// Step applies one ledger event to all it touches and adds what a table cannot
// say: distinct persons and credentials, an approver who takes no part, the same
// manifest in every signature, a verdict that Judge finds in the evidence,
// evidence windows that do not overlap, approvals that name what they are used
// for, marks that a copy inherits, readers who are admitted, levels that a place
// or a firm reaches, reference numbers without a gap, and counts that agree.
//
// A carrier has two states beside each other: State says how far it is on its way
// to a disposition, Where in whose hands it is meanwhile. Fit says whether a
// person may handle a level; Balance accounts for the copies of a document.
//
// The diagram is generated from the tables (go test -run Diagram -update).
//
//	carrier        on event           becomes
//	unknown        register           registered
//	               enter-copy         received
//	registered     receive            received
//	               report-missing     missing
//	               re-mark            registered
//	received       count              counted
//	               report-missing     missing
//	               archive            archived (final)
//	               transfer           transferred (final)
//	               return             returned (final)
//	               declassify         declassified (final)
//	               move               received
//	               re-mark            received
//	               consign            consigned (final)
//	counted        count              counted
//	               report-missing     missing
//	               seal               sealed
//	               archive            archived (final)
//	               transfer           transferred (final)
//	               return             returned (final)
//	               declassify         declassified (final)
//	               move               counted
//	               re-mark            counted
//	               consign            consigned (final)
//	missing        find               received
//	               write-off          lost (final)
//	               re-mark            missing
//	sealed         approve            approved
//	               reject             counted
//	               void               counted
//	approved       void               counted
//	               authorise          authorised
//	authorised     void               counted
//	               release            released
//	released       release            released
//	               withdraw           released
//	               confirm-destroyed  destroyed (final)
//	               mark-unverified    unverified
//	               mark-disputed      disputed
//	               mark-indeterminate indeterminate
//	               leave-unfed        counted
//	destroyed      certify            certified (final)
//	unverified     resolve-destroyed  resolved (final)
//	               resolve-held       counted
//	               resolve-lost       lost (final)
//	disputed       resolve-destroyed  resolved (final)
//	               resolve-held       counted
//	               resolve-lost       lost (final)
//	indeterminate  resolve-destroyed  resolved (final)
//	               resolve-held       counted
//	               resolve-lost       lost (final)
//	resolved       certify            certified (final)
//	consigned      certify-elsewhere  destroyed-elsewhere (final)
//
//	batch          on event           becomes
//	unknown        open               opened
//	opened         seal               sealed
//	               void               void (final)
//	sealed         approve            approved
//	               reject             void (final)
//	               void               void (final)
//	approved       void               void (final)
//	               authorise          authorised
//	authorised     void               void (final)
//	               release            released
//	               withdraw           authorised
//	released       withdraw           withdrawn
//	               reconcile          reconciled
//	withdrawn      release            released
//	               withdraw           withdrawn
//	               reconcile          reconciled
//	reconciled     complete           completed
//	completed      certify            certified (final)
//	certified      certify            certified (final)
//
//	whereabouts    on event           becomes
//	nowhere        shelve             on-shelf
//	               go-missing         nowhere
//	on-shelf       handle             on-shelf
//	               hand-out           offered
//	               send               in-transit
//	               let-go             nowhere
//	               feed               nowhere
//	               go-missing         nowhere
//	offered        take-to-read       circulating
//	               take-on-loan       on-loan
//	               take-outside       carried-out
//	               take-over          on-shelf
//	               give-back          on-shelf
//	               go-missing         nowhere
//	circulating    bring-back         on-shelf
//	               extend             circulating
//	               go-missing         nowhere
//	on-loan        bring-back         on-shelf
//	               extend             on-loan
//	               go-missing         nowhere
//	carried-out    bring-back         on-shelf
//	               extend             carried-out
//	               go-missing         nowhere
//	in-transit     sign-for           in-transit
//	               give-back          on-shelf
//	               settle             nowhere
//	               go-missing         nowhere
//
//	request        on event           becomes
//	none           open               open
//	open           audit              audited
//	               approve            approved
//	               reject             rejected
//	               withdraw           withdrawn
//	audited        approve            approved
//	               reject             rejected
//	               withdraw           withdrawn
//	approved       use                approved
//	               use-up             used
//
//	movement       on event           becomes
//	none           open               opened
//	opened         accept             accepted
//	               refuse             opened
//	               cancel             opened
//	               lose               opened
//	               accept-last        closed
//	               refuse-last        refused
//	               cancel-last        cancelled
//	               lose-last          cancelled
//	accepted       accept             accepted
//	               renew              accepted
//	               refuse             accepted
//	               cancel             accepted
//	               return             accepted
//	               settle             accepted
//	               lose               accepted
//	               accept-last        closed
//	               refuse-last        closed
//	               cancel-last        closed
//	               return-last        closed
//	               settle-last        closed
//	               lose-last          closed
//
//	clear-out      on event           becomes
//	none           open               opened
//	opened         propose            opened
//	               approve            approved
//	approved       carry-out          approved
//	               close              closed
//
//	inspection     on event           becomes
//	none           open               opened
//	opened         hand-in            counted
//	               hand-in-clean      closed
//	               enter-finding      opened
//	               end-finding        opened
//	               end-last-finding   opened
//	counted        enter-finding      counted
//	               end-finding        counted
//	               end-last-finding   closed
//	closed         enter-finding      counted
//
//	finding        on event           becomes
//	none           open               open
//	open           correct            corrected
//	corrected      accept             closed
//	               send-back          open
//
// Every other cell refuses with a Key that has a sentence in Chinese and
// English. Destroyed and resolved are final although a certificate still
// follows: certified keeps the disposition. Withdrawal leaves a carrier
// released, since what is in the cutter finishes; whether the machine holds a
// permission is the batch's state.
//
// A view need not be the whole register ([View].Whole). A certificate holds the
// chains of its carriers, their batches and lists, and nothing else. Of such a
// part carriers, batches and movements are judged as ever, since every leaf that
// changes them is there; requests, documents, circles, places, firms, posts,
// clear-outs, inspections, incidents and the counts of a list are passed over,
// since what the part has of them may be behind. Every field of a carrier that
// comes out is the same as from the whole, its Campaign and Fate included. Of a
// movement, Out and with it State lag behind in a part that lacks some of its
// carriers.
//
// Units: masses in milligrams, energy in joules, times UTC; the day a firm's
// qualification ends is a day of UTC.
//
// Failure modes: Step returns a *Refusal for what may not happen and another
// error when its View cannot answer; in both cases the change is empty.
//
// What it does not do: it checks no signature (ledger/leaf does), does not ask
// whether the policy allows an act or who may do it (policy does), does not know
// who is enrolled (ledger/index does), and has no clock: every time is that of
// the record. It does not look for what is overdue. It cannot check what a leaf
// says of the register as a whole without walking through it: how many carriers
// were due at an inspection, or how many a clear-out selected. A carrier that was
// written off and turns up again is registered anew. A carrier that was entered
// as missing before anybody signed for it is signed for by who records that it
// was found.
package custody
