package explain

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// Reports are those of the variants of a pipeline, in the order in which they are tried; or a single one, of a pipeline
// without variants.
type Reports []*Report

// Text is the reports for a terminal, one after the other.
func (rs Reports) Text() string {
	var texts []string
	for _, r := range rs {
		texts = append(texts, r.Text())
	}
	return strings.Join(texts, "\n\n")
}

// JSON is the reports for tools: an object whose variants they are, or the only report.
func (rs Reports) JSON() ([]byte, error) {
	if rs[0].Variant == "" {
		return rs[0].JSON()
	}
	data, err := json.MarshalIndent(map[string]any{"variants": rs}, "", "  ")
	return append(data, '\n'), err
}

// SVG is a picture with the variants below each other: a file that needs nothing else.
func (rs Reports) SVG() []byte {
	if len(rs) == 1 {
		return rs[0].SVG()
	}
	var all strings.Builder
	width, height := 0.0, 0.0
	for _, r := range rs {
		d := r.draw(false)
		fmt.Fprintf(&all, `<svg y="%v" width="%v" height="%v">`+"\n%s</svg>\n", height, d.width, d.height, d)
		width, height = max(width, d.width), height+d.height
	}
	return fmt.Appendf(nil, "%s<title>%s</title>\n%s%s</svg>\n", opening(width, height), clean(rs[0].Pipeline), look, all.String())
}

// HTML is a page with everything: for each variant the picture, the tables, and the source, beside each line the programs
// that it is in. Sources are the texts of the files by name. The page needs nothing else, no script either.
func (rs Reports) HTML(sources map[string]string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n")
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s</style>\n", clean(rs[0].Pipeline), pageStyle)
	if len(rs) > 1 {
		b.WriteString("<p>Variants:")
		for _, r := range rs {
			fmt.Fprintf(&b, ` <a href="#%s">%s</a>`, clean("v-"+r.Variant), clean(r.Variant))
		}
		b.WriteString("</p>\n")
	}
	for _, r := range rs {
		b.WriteString(r.section(sources))
	}
	b.WriteString("</html>\n")
	return []byte(b.String())
}

// title is the pipeline, and the variant if it is one.
func (r *Report) title() string {
	if r.Variant == "" {
		return r.Pipeline
	}
	return r.Pipeline + ", variant " + r.Variant
}

// aside is what is to be said of a variant; empty if it is none.
func (r *Report) aside() string {
	if r.Variant == "" {
		return ""
	}
	s := fmt.Sprintf("variant %s, for Linux %s", r.Variant, r.Target)
	switch {
	case r.Chosen:
		s += "; this kernel loads it"
	case r.Refused != "":
		s += "; this kernel refuses it: " + r.Refused
	}
	return s
}

// id is the name of a place in a page, which the variants have apart.
func (r *Report) id(name string) string {
	if r.Variant == "" {
		return name
	}
	return r.Variant + "-" + name
}

// opening is the first tag of a picture.
func opening(width, height float64) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%[1]v" height="%[2]v" role="img">`+"\n", math.Ceil(width), math.Ceil(height))
}
