# METADATA
# title: Argument schemas
# description: >-
#   Reads `CompiledArguments` (policies/system.ts): every clause must hold, a clause holds when one of its tests does.
#   A place that is absent satisfies every keyword, as JSON Schema says.
package casa.arguments

hold(conditions) if conditions == null

hold(conditions) if {
	every clause in conditions.clauses {
		some test in clause
		passes(test)
	}
}

passes(test) if {
	not test.negated
	holds_everywhere(test)
}

passes(test) if {
	test.negated
	not holds_everywhere(test)
}

holds_everywhere(test) if {
	every value in values(test.path) {
		holds(test.keyword, value, test.value)
	}
}

# Rego has no recursion: as many steps as `argumentDepthMax`.
values(path) := value6 if {
	value1 := step([input.tool.arguments], path, 0)
	value2 := step(value1, path, 1)
	value3 := step(value2, path, 2)
	value4 := step(value3, path, 3)
	value5 := step(value4, path, 4)
	value6 := step(value5, path, 5)
}

step(values_here, path, index) := values_here if {
	count(path) <= index
} else := [item | some value in values_here; is_array(value); some item in value] if {
	path[index] == null
} else := [value[path[index]] | some value in values_here]

# There is no rule for `absent`: it holds where there is no value, and only there.
holds("type", value, names) if {
	some name in names
	is_type(name, value)
}

holds("enum", value, allowed) if value in allowed

holds("const", value, wanted) if value == wanted

holds("minimum", value, _) if not is_number(value)

holds("minimum", value, bound) if value >= bound

holds("maximum", value, _) if not is_number(value)

holds("maximum", value, bound) if value <= bound

holds("exclusiveMinimum", value, _) if not is_number(value)

holds("exclusiveMinimum", value, bound) if value > bound

holds("exclusiveMaximum", value, _) if not is_number(value)

holds("exclusiveMaximum", value, bound) if value < bound

holds("minLength", value, _) if not is_string(value)

holds("minLength", value, bound) if count(value) >= bound

holds("maxLength", value, _) if not is_string(value)

holds("maxLength", value, bound) if count(value) <= bound

holds("pattern", value, _) if not is_string(value)

holds("pattern", value, pattern) if regex.match(pattern, value)

holds("minItems", value, _) if not is_array(value)

holds("minItems", value, bound) if count(value) >= bound

holds("maxItems", value, _) if not is_array(value)

holds("maxItems", value, bound) if count(value) <= bound

holds("required", value, _) if not is_object(value)

holds("required", value, name) if {
	some key, _ in value
	key == name
}

holds("members", value, _) if not is_object(value)

holds("members", value, names) if {
	every key, _ in value {
		key in names
	}
}

is_type("string", value) if is_string(value)

is_type("number", value) if is_number(value)

is_type("integer", value) if floor(value) == value

is_type("boolean", value) if is_boolean(value)

is_type("object", value) if is_object(value)

is_type("array", value) if is_array(value)

is_type("null", value) if is_null(value)
