package diag

import "encoding/json"

// jsonDiagnostic is a Diagnostic for tools; lines and columns count from 1, columns in bytes.
type jsonDiagnostic struct {
	jsonSpan
	Severity string     `json:"severity"`
	Code     string     `json:"code"`
	Message  string     `json:"message"`
	Hint     string     `json:"hint,omitempty"`
	Notes    []jsonNote `json:"notes,omitempty"`
}

type jsonNote struct {
	jsonSpan
	Message string `json:"message"`
}

type jsonSpan struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Col     int    `json:"col"`
	EndLine int    `json:"endLine"`
	EndCol  int    `json:"endCol"`
}

// MarshalJSON is the diagnostic for tools: {"file":…,"line":1,"col":1,"endLine":1,"endCol":5,"severity":"error","code":…,"message":…}.
func (d *Diagnostic) MarshalJSON() ([]byte, error) {
	out := jsonDiagnostic{
		jsonSpan: spanJSON(d.Span), Severity: d.Severity.String(), Code: d.Code, Message: d.Message, Hint: d.Hint,
	}
	for _, n := range d.Notes {
		out.Notes = append(out.Notes, jsonNote{jsonSpan: spanJSON(n.Span), Message: n.Message})
	}
	return json.Marshal(out)
}

func spanJSON(s Span) jsonSpan {
	return jsonSpan{File: s.File, Line: s.Start.Line, Col: s.Start.Col, EndLine: s.End.Line, EndCol: s.End.Col}
}
