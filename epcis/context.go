package epcis

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Context is the address of the JSON-LD context of EPCIS 2.0. It is written
// and compared; it is never fetched, since the station has no way out.
const Context = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

// contexts are the addresses under which that context is known.
var contexts = []string{Context, "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"}

// Our own names.
const (
	Prefix    = "sexton"
	Namespace = "https://sexton.invalid/epcis/v1/" // of our prefix
)

// prefixes are the names that may stand before a colon, with what they stand
// for.
type prefixes map[string]string

// given are those the context itself brings; it protects them.
var given = prefixes{"epcis": "https://ref.gs1.org/epcis/", "cbv": cbvBase, "gs1": gs1Base, "dcterms": "http://purl.org/dc/terms/",
	"xsd": "http://www.w3.org/2001/XMLSchema#", "owl": "http://www.w3.org/2002/07/owl#"}

const maxPrefixes = 32

// schemes are those of absolute URIs that have no authority.
var schemes = []string{"urn", "ni", "tag", "did", "info", "geo"}

// declare adds one prefix of a document's own (JSON-LD 1.1, section 4.4: its
// URI must end as a prefix does).
func (p prefixes) declare(name, uri string) *reason {
	switch {
	case !isName(name) || slices.Contains(schemes, name) || name == "http" || name == "https":
		return because("context.prefix", "前缀名不合法："+clip(name), "this cannot be a prefix: "+clip(name))
	case given[name] != "" && given[name] != uri, name == Prefix && uri != Namespace:
		return because("context.redefined", "不得重新定义前缀 "+clip(name), "the prefix "+clip(name)+" may not stand for anything else")
	case (prefixes{}).uri(uri) != nil || !strings.ContainsRune("/#:?", rune(uri[len(uri)-1])):
		return because("context.prefix", "前缀须对应以 / # : 结尾的绝对 URI："+clip(uri), "a prefix stands for an absolute URI that ends in / # or a colon: "+clip(uri))
	}
	p[name] = uri
	return nil
}

func isName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789-_.", r)) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// uri checks an absolute URI (RFC 3986), or a name whose prefix is declared.
func (p prefixes) uri(s string) *reason {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok {
		return because("uri.relative", "应为绝对 URI："+clip(s), "this must be an absolute URI: "+clip(s))
	}
	malformed := func() *reason {
		return because("uri.malformed", "URI 有误："+clip(s), "malformed URI: "+clip(s))
	}
	if rest == "" || !uriCharacters(s) || !isScheme(scheme) {
		return malformed()
	}
	if p[scheme] != "" || given[scheme] != "" {
		return nil
	}
	if authority, ok := strings.CutPrefix(rest, "//"); ok {
		if authority == "" || strings.HasPrefix(authority, "/") && scheme != "ni" {
			return malformed()
		}
		return nil
	}
	if !slices.Contains(schemes, scheme) {
		return because("uri.prefix-undeclared", "前缀未在 @context 中声明："+clip(scheme), "the prefix is not declared in @context: "+clip(scheme))
	}
	if scheme == "urn" {
		space, name, ok := strings.Cut(rest, ":")
		if !ok || space == "" || name == "" || space == "uuid" && !isUUID(name) {
			return malformed()
		}
	}
	return nil
}

// isScheme: RFC 3986, section 3.1, and the letters a prefix may have.
func isScheme(s string) bool { return isName(strings.ReplaceAll(s, "+", "-")) }

// uriCharacters: RFC 3986, section 2.
func uriCharacters(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%':
			if i+2 >= len(s) {
				return false
			}
			if _, err := hex.DecodeString(s[i+1 : i+3]); err != nil {
				return false
			}
		case c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}", c) >= 0:
			return false
		}
	}
	return len(s) <= 2048
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && strings.IndexByte("0123456789abcdefABCDEF", c) < 0 {
			return false
		}
	}
	return true
}

// readTime reads an instant: RFC 3339, section 5.6, with upper-case letters,
// at most nine digits of a second, and always with its zone.
func readTime(s string) (time.Time, *reason) {
	malformed := because("time.malformed", "时间有误："+clip(s)+"（如 2026-11-23T10:00:00+08:00，必须带时区）", "malformed time: "+clip(s)+" (2026-11-23T10:00:00+08:00, always with its zone)")
	if len(s) < len("2006-01-02T15:04:05Z") || len(s) > len("2006-01-02T15:04:05.999999999+00:00") || s[10] != 'T' || s[13] != ':' || strings.ContainsAny(s, ",tz") {
		return time.Time{}, malformed
	}
	// In UTC, so that the result does not depend on where it is read.
	t, err := time.ParseInLocation(time.RFC3339Nano, s, time.UTC)
	if err != nil {
		return time.Time{}, malformed
	}
	if !strings.HasSuffix(s, "Z") {
		if why := checkOffset(s[len(s)-6:]); why != nil {
			return time.Time{}, why
		}
	}
	return t, nil
}

// checkOffset: a difference to UTC as +08:00; Z is refused.
func checkOffset(s string) *reason {
	ok := len(s) == 6 && (s[0] == '+' || s[0] == '-') && s[3] == ':' && isDigits(s[1:3]) && isDigits(s[4:]) && s[4:] < "60" && (s[1:3] < "14" || s[1:] == "14:00")
	if !ok {
		return because("time.offset", "时差应如 +08:00："+clip(s), "an offset is written +08:00: "+clip(s))
	}
	return nil
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// checkUOM: UN/ECE Recommendation 20 codes.
func checkUOM(s string) *reason {
	ok := len(s) == 2 || len(s) == 3
	for _, c := range []byte(s) {
		ok = ok && (c >= 'A' && c <= 'Z' || c >= '0' && c <= '9')
	}
	if !ok {
		return because("uom.malformed", fmt.Sprintf("计量单位应为两三位大写字母或数字（如 KGM）：%s", clip(s)), fmt.Sprintf("a unit is two or three capitals or digits, as KGM: %s", clip(s)))
	}
	return nil
}
