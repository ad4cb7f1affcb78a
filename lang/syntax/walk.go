package syntax

// Walk calls visit for n and, where that returns true, for all nodes below n, in source order.
func Walk(n Node, visit func(Node) bool) {
	if !visit(n) {
		return
	}
	switch n := n.(type) {
	case *File:
		each(visit, n.Decls...)
	case Decl:
		walkDecl(n, visit)
	case TestStep:
		walkStep(n, visit)
	case Stmt:
		walkStmt(n, visit)
	case Expr:
		walkExpr(n, visit)
	default:
		walkPart(n, visit)
	}
}

// each walks those of the nodes that are there.
func each[N interface {
	comparable
	Node
}](visit func(Node) bool, nodes ...N) {
	var none N
	for _, n := range nodes {
		if n != none {
			Walk(n, visit)
		}
	}
}

func walkDecl(n Decl, visit func(Node) bool) {
	switch n := n.(type) {
	case *PipelineDecl:
		each(visit, n.Name, n.Type)
	case *DefaultDecl:
		each(visit, n.Verdict)
	case *LicenseDecl:
		each(visit, n.Text)
	case *ImportDecl:
		each(visit, n.Path)
	case *ConfigDecl:
		each[Node](visit, n.Name, n.Type, n.Value)
	case *VarDecl:
		each[Node](visit, n.Name, n.Type, n.Value)
	case *EnumDecl:
		each(visit, n.Name, n.Base)
		each(visit, n.Members...)
	case *StructDecl:
		each(visit, n.Name)
		each(visit, n.Fields...)
	case *HeaderDecl:
		each(visit, n.Name)
		each(visit, n.Fields...)
		each(visit, n.Length)
	case *MapDecl:
		each[Node](visit, n.Name, n.Kind, n.Key, n.Value, n.Max)
	case *CounterDecl:
		each[Node](visit, n.Name, n.Size)
	case *EventDecl:
		each(visit, n.Name)
		each(visit, n.Fields...)
	case *StageDecl:
		each(visit, n.Name)
		each(visit, n.Params...)
		each(visit, n.For)
		each(visit, n.Body)
	case *SlotsDecl:
		each[Node](visit, n.Name, n.Size)
		each(visit, n.Params...)
		each(visit, n.Entries...)
	case *SlotDecl:
		each(visit, n.Name)
		each(visit, n.Params...)
		each(visit, n.Stage)
	case *FnDecl:
		each(visit, n.Name)
		each(visit, n.Params...)
		each(visit, n.Result)
		each(visit, n.Body)
	case *TestDecl:
		each(visit, n.Name)
		each(visit, n.Steps...)
	}
}

func walkStep(n TestStep, visit func(Node) bool) {
	switch n := n.(type) {
	case *TestConfig:
		each[Node](visit, n.Name, n.Value)
	case *TestVar:
		each[Node](visit, n.Name, n.Value)
	case *TestNow:
		each(visit, n.Value)
	case *TestRoute:
		each[Node](visit, n.To, n.Hop)
	case *TestMap:
		each[Node](visit, n.Name, n.Key, n.Value)
	case *TestPacket:
		each(visit, n.Headers...)
		each(visit, n.Payload)
	case *ExpectVerdict:
		each(visit, n.Verdict)
	case *ExpectEqual:
		each[Expr](visit, n.X, n.Y)
	}
}

func walkStmt(n Stmt, visit func(Node) bool) {
	switch n := n.(type) {
	case *Block:
		each(visit, n.Stmts...)
	case *LetStmt:
		each[Node](visit, n.Name, n.Value)
		each(visit, n.Else)
	case *ParseStmt:
		each(visit, n.Name, n.Header)
		each(visit, n.Else)
	case *SkipStmt:
		each(visit, n.N)
		each(visit, n.Else)
	case *AssignStmt:
		each[Expr](visit, n.LHS, n.RHS)
		each(visit, n.Else)
	case *IfStmt:
		each(visit, n.Bind)
		each(visit, n.Cond)
		each(visit, n.Then)
		each(visit, n.Else)
	case *MatchStmt:
		each(visit, n.Subjects...)
		each(visit, n.Rows...)
	case *GotoStmt:
		each(visit, n.Target)
		each(visit, n.Index)
		each(visit, n.Args...)
		each(visit, n.Max)
		each(visit, n.Else)
	case *VerdictStmt:
		each(visit, n.Args...)
	case *EmitStmt:
		each(visit, n.Event)
	case *DeleteStmt:
		each(visit, n.Entry)
	case *ForStmt:
		each(visit, n.Var)
		each(visit, n.In)
		each(visit, n.Max)
		each(visit, n.Body)
	case *CallStmt:
		each(visit, n.Call)
	case *ReturnStmt:
		each(visit, n.Value)
	case *RewriteStmt:
		each(visit, n.Views...)
		each(visit, n.Body)
	case *PushStmt:
		each(visit, n.Header)
		each(visit, n.After)
		each(visit, n.Else)
	case *PopStmt:
		each(visit, n.View)
		each(visit, n.Else)
	}
}

func walkExpr(n Expr, visit func(Node) bool) {
	switch n := n.(type) {
	case *Unary:
		each(visit, n.X)
	case *Binary:
		each(visit, n.X, n.Y)
	case *Range:
		each(visit, n.Lo, n.Hi)
	case *Select:
		each[Expr](visit, n.X, n.Sel)
	case *Index:
		each(visit, n.X, n.Index)
	case *Call:
		each(visit, n.Fun)
		each(visit, n.Args...)
	case *StructLit:
		each(visit, n.Name)
		each(visit, n.Fields...)
	case *ArrayLit:
		each(visit, n.Elems...)
	case *Paren:
		each(visit, n.X)
	}
}

// walkPart walks what stands inside a declaration, statement or expression and is none itself.
func walkPart(n Node, visit func(Node) bool) {
	switch n := n.(type) {
	case *EnumMember:
		each[Node](visit, n.Name, n.Value)
	case *Field:
		each[Node](visit, n.Name, n.Type)
	case *SlotEntry:
		each[Node](visit, n.Index, n.Stage)
	case *ArrayType:
		each[Node](visit, n.Len, n.Elem)
	case *MatchRow:
		each(visit, n.Patterns...)
		each(visit, n.Body)
	case *Pattern:
		each(visit, n.Alts...)
	case *Else:
		each(visit, n.Body)
	case *FieldValue:
		each[Node](visit, n.Name, n.Value)
	}
}
