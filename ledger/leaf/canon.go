package leaf

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// This file writes events as canonical JSON (RFC 8785) straight from their Go values: every leaf of a ledger is encoded again
// when the ledger is opened, to see that it has the one accepted encoding. Build compares it with the general encoder.

// member is one member of an object: its quoted name with the colon, and the field it is in.
type member struct {
	name  string
	field int
}

// members lists, for every struct type that occurs in an event, its members in the order of RFC 8785 section 3.2.3.
var members = func() map[reflect.Type][]member {
	out := map[reflect.Type][]member{}
	plan(out, reflect.TypeOf(Payload{}))
	for _, s := range kinds {
		plan(out, reflect.TypeOf(s.body()))
	}
	return out
}()

func plan(out map[reflect.Type][]member, t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		plan(out, t.Elem())
		return
	case reflect.Struct:
	default:
		return
	}
	if _, ok := out[t]; ok || t == timeType {
		return
	}
	list := make([]member, t.NumField())
	for i := range list {
		list[i] = member{`"` + t.Field(i).Tag.Get("json") + `":`, i}
	}
	slices.SortFunc(list, func(a, b member) int { return strings.Compare(a.name[:len(a.name)-2], b.name[:len(b.name)-2]) })
	out[t] = list
	for i := range t.NumField() {
		plan(out, t.Field(i).Type)
	}
}

var timeType = reflect.TypeOf(time.Time{})

// appendValue appends v. Nil slices and maps are empty ones, nil pointers null.
func appendValue(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.String:
		return appendString(b, v.String())
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Int, reflect.Int64:
		return strconv.AppendInt(b, v.Int(), 10)
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return append(b, "null"...)
		}
		return appendValue(b, v.Elem())
	case reflect.Slice:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, v.Index(i))
		}
		return append(b, ']')
	case reflect.Map:
		return appendMap(b, v)
	case reflect.Struct:
		if v.Type() == timeType {
			return appendString(b, v.Interface().(time.Time).Format(AtLayout))
		}
		b = append(b, '{')
		for i, m := range members[v.Type()] {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, m.name...)
			b = appendValue(b, v.Field(m.field))
		}
		return append(b, '}')
	}
	return append(b, "null"...) // no other type occurs in an event
}

func appendMap(b []byte, v reflect.Value) []byte {
	keys := make([]string, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		keys = append(keys, it.Key().String())
	}
	slices.SortFunc(keys, compareUTF16)
	b = append(b, '{')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, k), ':')
		b = appendValue(b, v.MapIndex(reflect.ValueOf(k).Convert(v.Type().Key())))
	}
	return append(b, '}')
}

// compareUTF16 orders member names by UTF-16 code units, RFC 8785 section 3.2.3.
func compareUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// appendString quotes s as RFC 8785 section 3.2.2.2 says; s is valid UTF-8.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= 0x20:
			b = append(b, c)
		case c >= '\b' && c <= '\r' && c != '\v':
			b = append(b, '\\', "btn.fr"[c-'\b'])
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(b, '"')
}
