package epcis

import (
	"strconv"
	"strings"
)

var (
	metadataFields = strings.Fields("time startTime endTime deviceID deviceMetadata rawData dataProcessingMethod bizRules")
	reportFields   = strings.Fields(`type exception time deviceID deviceMetadata rawData dataProcessingMethod microorganism chemicalSubstance component
		coordinateReferenceSystem value minValue maxValue meanValue sDev percRank percValue stringValue booleanValue uriValue hexBinaryValue uom`)
)

func (p *parser) sensorElement(n node) (s SensorElement) {
	p.need(n, "sensorReport")
	s.Extra = p.object(n, []string{"sensorMetadata", "sensorReport"}, func(key string, v node) {
		if key == "sensorMetadata" {
			s.Metadata = p.sensorMetadata(v)
			return
		}
		p.list(v, 1, func(item node) { s.Reports = append(s.Reports, p.sensorReport(item)) })
	})
	return s
}

func (p *parser) sensorMetadata(n node) (m SensorMetadata) {
	m.Extra = p.object(n, metadataFields, func(key string, v node) {
		switch key {
		case "time":
			m.Time = p.time(v)
		case "startTime":
			m.Start = p.time(v)
		case "endTime":
			m.End = p.time(v)
		case "deviceID":
			m.Device = p.uri(v)
		case "deviceMetadata":
			m.DeviceMetadata = p.uri(v)
		case "rawData":
			m.RawData = p.uri(v)
		case "dataProcessingMethod":
			m.ProcessingMethod = p.uri(v)
		case "bizRules":
			m.BizRules = p.uri(v)
		}
	})
	if !m.Start.IsZero() && !m.End.IsZero() && m.End.Before(m.Start) {
		p.wrong(n.at, because("sensor.period", "endTime 早于 startTime", "endTime is before startTime"))
	}
	return m
}

func (p *parser) sensorReport(n node) (r SensorReport) {
	p.need(n, "type")
	r.Extra = p.object(n, reportFields, func(key string, v node) {
		if number := r.number(key); number != nil {
			*number = p.number(v)
			return
		}
		if uri := r.uri(key); uri != nil {
			*uri = p.uri(v)
			return
		}
		switch key {
		case "type":
			r.Type = p.word(v, measurements)
		case "exception":
			r.Exception = p.word(v, alarms)
		case "component":
			r.Component = p.word(v, components)
		case "time":
			r.Time = p.time(v)
		case "stringValue":
			r.Text = p.text(v, nil)
		case "booleanValue":
			if p.want(v, isBool) {
				r.Bool = Truth(v.text == "true")
			}
		case "hexBinaryValue":
			r.Hex = p.text(v, checkHex)
		case "uom":
			r.Unit = p.text(v, checkUOM)
		}
	})
	if r.Min != "" && r.Max != "" && r.Min.float() > r.Max.float() {
		p.wrong(n.at, because("sensor.range", "minValue 大于 maxValue", "minValue is greater than maxValue"))
	}
	return r
}

// number gives the place of a numeric field; nil = the field is another.
func (r *SensorReport) number(key string) *Number {
	switch key {
	case "value":
		return &r.Value
	case "minValue":
		return &r.Min
	case "maxValue":
		return &r.Max
	case "meanValue":
		return &r.Mean
	case "sDev":
		return &r.Deviation
	case "percRank":
		return &r.PercentileRank
	case "percValue":
		return &r.PercentileValue
	}
	return nil
}

// uri gives the place of a field that is a URI; nil = the field is another.
func (r *SensorReport) uri(key string) *string {
	switch key {
	case "deviceID":
		return &r.Device
	case "deviceMetadata":
		return &r.DeviceMetadata
	case "rawData":
		return &r.RawData
	case "dataProcessingMethod":
		return &r.ProcessingMethod
	case "microorganism":
		return &r.Microorganism
	case "chemicalSubstance":
		return &r.Substance
	case "coordinateReferenceSystem":
		return &r.CoordinateSystem
	case "uriValue":
		return &r.URI
	}
	return nil
}

// float is the number's value.
func (n Number) float() float64 {
	f, _ := strconv.ParseFloat(string(n), 64) // checked when it was read
	return f
}

func checkHex(s string) *reason {
	if s == "" || strings.Trim(s, "0123456789abcdefABCDEF") != "" {
		return because("sensor.hex", "hexBinaryValue 应为十六进制数："+clip(s), "hexBinaryValue is hexadecimal: "+clip(s))
	}
	return nil
}
