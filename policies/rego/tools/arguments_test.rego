package casa.arguments_test

import data.casa.arguments

call := {"tool": {"arguments": {
	"amount": 10,
	"half": 0.5,
	"currency": "EUR",
	"urgent": false,
	"note": null,
	"tags": ["a", "bb"],
	"to": {"iban": "DE89", "name": "Åsa"},
	"lines": [{"sum": 1}, {"sum": 4}, {}],
}}}

holds(path, keyword, value) if {
	conditions := {"patterns": 0, "clauses": [[{"path": path, "keyword": keyword, "value": value, "negated": false}]]}
	arguments.hold(conditions) with input as call
}

holds_not(path, keyword, value) if {
	conditions := {"patterns": 0, "clauses": [[{"path": path, "keyword": keyword, "value": value, "negated": true}]]}
	arguments.hold(conditions) with input as call
}

# Each case: path, keyword, a value that holds, a value that does not.
cases := [
	[["amount"], "type", ["string", "integer"], ["string"]],
	[["half"], "type", ["number"], ["integer"]],
	[["half"], "type", ["number"], ["string"]],
	[["currency"], "type", ["string"], ["number"]],
	[["currency"], "type", ["string"], ["integer"]],
	[["currency"], "type", ["string"], ["object"]],
	[["urgent"], "type", ["boolean"], ["null"]],
	[["note"], "type", ["null"], ["boolean"]],
	[["tags"], "type", ["array"], ["object"]],
	[["to"], "type", ["object"], ["array"]],
	[["currency"], "enum", ["USD", "EUR"], ["USD"]],
	[["tags"], "enum", [["a", "bb"]], [["bb", "a"]]],
	[["urgent"], "const", false, true],
	[["note"], "const", null, 0],
	[["amount"], "minimum", 10, 11],
	[["amount"], "maximum", 10, 9],
	[["amount"], "exclusiveMinimum", 9, 10],
	[["amount"], "exclusiveMaximum", 11, 10],
	[["to", "name"], "minLength", 3, 4],
	[["to", "name"], "maxLength", 3, 2],
	[["currency"], "pattern", "^[A-Z]{3}$", "^[a-z]{3}$"],
	[["tags"], "minItems", 2, 3],
	[["tags"], "maxItems", 2, 1],
	[[], "required", "note", "recipient"],
	[["to"], "required", "iban", "bic"],
	[["to"], "members", ["iban", "name", "bic"], ["iban"]],
	[["tags", null], "maxLength", 2, 1],
	[["lines", null, "sum"], "maximum", 4, 3],
]

test_every_keyword_holds_and_fails if {
	every case in cases {
		holds(case[0], case[1], case[2])
		not holds(case[0], case[1], case[3])
	}
}

test_negation_turns_every_keyword_around if {
	every case in cases {
		holds_not(case[0], case[1], case[3])
		not holds_not(case[0], case[1], case[2])
	}
}

test_an_absent_place_satisfies_every_keyword if {
	every case in cases {
		holds(["absent"], case[1], case[3])
		holds(["currency", "inside"], case[1], case[3])
		holds(["currency", null], case[1], case[3])
	}
}

test_every_item_is_of_arrays_only if {
	holds(["to", null], "const", "nothing has this value")
	holds(["tags", "0"], "const", "nothing has this value")
}

test_a_keyword_says_nothing_of_other_types if {
	every keyword in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] {
		holds(["currency"], keyword, 5)
	}
	every keyword in ["minLength", "maxLength", "minItems", "maxItems"] {
		holds(["amount"], keyword, 5)
	}
	holds(["amount"], "pattern", "^x$")
	holds(["amount"], "required", "x")
	holds(["amount"], "members", [])
}

test_absence_holds_only_where_there_is_nothing if {
	holds(["absent"], "absent", true)
	not holds(["note"], "absent", true)
	holds_not(["note"], "absent", true)
}

test_an_unknown_keyword_never_holds if {
	not holds(["amount"], "multipleOf", 5)
}

test_no_conditions_are_met_by_any_call if {
	arguments.hold(null) with input as call
}

test_a_clause_needs_one_test_and_all_clauses_are_needed if {
	good := {"path": ["amount"], "keyword": "maximum", "value": 10, "negated": false}
	bad := {"path": ["amount"], "keyword": "maximum", "value": 1, "negated": false}
	arguments.hold({"patterns": 0, "clauses": [[bad, good], [good]]}) with input as call
	not arguments.hold({"patterns": 0, "clauses": [[good], [bad]]}) with input as call
	not arguments.hold({"patterns": 0, "clauses": [[]]}) with input as call
	arguments.hold({"patterns": 0, "clauses": []}) with input as call
}

deep_test(value) := {"patterns": 0, "clauses": [[{
	"path": ["a", "b", "c", "d", "e", "f"],
	"keyword": "const",
	"value": value,
	"negated": false,
}]]}

test_six_steps_are_walked if {
	deep := {"tool": {"arguments": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}}}
	arguments.hold(deep_test(1)) with input as deep
	not arguments.hold(deep_test(2)) with input as deep
}
