"""Small faults for `tests.benchmarks.mutants`: which ones a source offers, and the source with one of them in it.

Own operators instead of mutmut's or cosmic-ray's: half of what goes wrong here is a condition missing from a query, a
lock or a transaction left out, a right more or less in a table, and neither tool knows these.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

BOUNDARY = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
NEGATED = {
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot},
    **{ast.IsNot: ast.Is, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt},
}
ARITHMETIC = {
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult},
    **{ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
}
CONDITIONS = {"filter", "exclude", "get", "Q", "get_or_create", "update_or_create", "aggregate"}
STEPS = {"filter", "exclude", "select_for_update", "distinct", "order_by"}
NOT_CODE = {"annotation", "returns", "type_params", "bases"}


@dataclass(frozen=True)
class Fault:
    """`change` puts the fault into the tree that it was found in; `shown` is the node to print before and after."""

    kind: str
    place: ast.AST  # what has a line
    shown: Callable[[], ast.AST]
    change: Callable[[], None]
    statement: ast.stmt
    is_in_function: bool

    @property
    def lines(self) -> range:
        return range(self.place.lineno, self.place.end_lineno + 1)

    @property
    def header(self) -> range:
        """The lines of the statement around it, without the statements inside that one."""
        inside = [getattr(self.statement, "body", None), getattr(self.statement, "cases", None)]
        first = next((b[0] for b in inside if isinstance(b, list) and b), None)
        first = getattr(first, "pattern", first)
        return range(self.statement.lineno, first.lineno if first else self.statement.end_lineno + 1)


@dataclass
class _Place:
    """A node and how to put another in its stead."""

    node: Any
    put: Callable[[Any], None]
    statement: Any
    functions: int
    parents: tuple = field(default=())


def faults(tree: ast.Module) -> list[Fault]:
    """Every fault that the module offers, always in the same order."""
    found = []
    for place in _places(tree, put=lambda _new: None, statement=None, functions=0, parents=()):
        holder = [place.node]

        def put(new: Any, place: _Place = place, holder: list = holder) -> None:
            holder[0] = new
            place.put(new)

        for kind, where, change in _offered(place, put):
            statement = place.statement
            found.append(Fault(kind, where, lambda h=holder: h[0], change, statement, place.functions > 0))
    return found


def _places(node: Any, *, put: Any, statement: Any, functions: int, parents: tuple) -> Iterator[_Place]:
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return
    if isinstance(node, ast.stmt):
        statement = node
    yield _Place(node, put, statement, functions, parents)
    for name, value in ast.iter_fields(node):
        if name in NOT_CODE or isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr):
            continue
        is_body = name == "body" and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        inner = {"statement": statement, "functions": functions + is_body, "parents": (*parents, (node, name))}
        if isinstance(value, ast.AST):
            yield from _places(value, put=lambda new, n=node, f=name: setattr(n, f, new), **inner)
        for index, one in enumerate(value if isinstance(value, list) else ()):
            if isinstance(one, ast.AST):
                yield from _places(one, put=lambda new, v=value, i=index: v.__setitem__(i, new), **inner)


def _offered(place: _Place, put: Callable[[Any], None]) -> Iterator[tuple[str, ast.AST, Callable[[], None]]]:
    for offers in (_comparisons, _logic, _numbers, _statements, _queries, _elements):
        yield from offers(place.node, put, place)


def _set(node: Any, name: str, value: Any) -> Callable[[], None]:
    return lambda: setattr(node, name, value)


def _drop(items: list, index: int) -> Callable[[], None]:
    return lambda: items.pop(index) and None


def _comparisons(node: Any, put: Any, place: _Place) -> Iterator:
    if not isinstance(node, ast.Compare):
        return
    for index, operator in enumerate(node.ops):
        for kind, others in (("boundary", BOUNDARY), ("comparison", NEGATED)):
            if other := others.get(type(operator)):
                yield kind, node, lambda i=index, o=other: node.ops.__setitem__(i, o())


def _logic(node: Any, put: Any, place: _Place) -> Iterator:
    if isinstance(node, ast.BoolOp):
        yield "boolean", node, _set(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        for index, operand in enumerate(node.values):
            rest = [*node.values[:index], *node.values[index + 1 :]]
            kept = rest[0] if len(rest) == 1 else ast.copy_location(ast.BoolOp(node.op, rest), node)
            yield "operand", operand, lambda kept=kept: put(kept)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not", node, lambda: put(node.operand)
    elif isinstance(node, ast.comprehension):
        for index, condition in enumerate(node.ifs):
            yield "filter", condition, _drop(node.ifs, index)
    elif isinstance(node, ast.If | ast.IfExp | ast.While) and isinstance(
        node.test, ast.Name | ast.Attribute | ast.Call
    ):
        yield "not", node.test, _set(node, "test", ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test))


def _numbers(node: Any, put: Any, place: _Place) -> Iterator:
    if isinstance(node, ast.BinOp) and (other := ARITHMETIC.get(type(node.op))):
        texts = [s for s in (node.left, node.right) if isinstance(s, ast.JoinedStr) or _is_constant(s, str)]
        if not texts:
            yield "arithmetic", node, _set(node, "op", other())
    elif _is_constant(node, bool):
        yield "constant", node, _set(node, "value", not node.value)
    elif _is_constant(node, int):
        for step in (1, -1):
            yield "constant", node, _set(node, "value", node.value + step)


def _is_constant(node: Any, kind: type) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is kind


def _statements(node: Any, put: Any, place: _Place) -> Iterator:
    def nothing() -> None:
        put(ast.copy_location(ast.Pass(), node))

    if isinstance(node, ast.Return) and node.value and not isinstance(node.value, ast.Constant):
        yield "return", node, _set(node, "value", ast.copy_location(ast.Constant(None), node.value))
    elif isinstance(node, ast.Raise):
        yield "raise", node, nothing
    elif _does_something(node):
        yield "statement", node, nothing
    elif isinstance(node, ast.With) and "atomic" in ast.unparse(node.items[0]):
        yield "atomic", node.items[0].context_expr, lambda: put(_block(node))
    elif isinstance(node, ast.FunctionDef):
        for index, decorator in enumerate(node.decorator_list):
            if "atomic" in ast.unparse(decorator):
                yield "atomic", decorator, _drop(node.decorator_list, index)


def _does_something(node: Any) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call) and "log" not in ast.unparse(node.value.func)
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Attribute | ast.Subscript)
    return isinstance(node, ast.AugAssign | ast.Continue | ast.Break | ast.Delete)


def _block(node: ast.With) -> ast.If:
    return ast.copy_location(ast.If(ast.copy_location(ast.Constant(True), node), node.body, []), node)


def _queries(node: Any, put: Any, place: _Place) -> Iterator:
    if not isinstance(node, ast.Call):
        return
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name in CONDITIONS:
        for index, keyword in enumerate(node.keywords):
            if keyword.arg:
                yield "keyword", keyword, _drop(node.keywords, index)
    if name in STEPS and isinstance(node.func, ast.Attribute):
        yield "step", node, lambda: put(node.func.value)


def _elements(node: Any, put: Any, place: _Place) -> Iterator:
    if isinstance(node, ast.Dict) and len(node.keys) > 1:
        for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
            yield "element", key or value, _drop_pair(node, index)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) > 1:
        is_written = not isinstance(getattr(node, "ctx", None), ast.Store)
        parent, _name = place.parents[-1]
        is_pair = isinstance(node, ast.Tuple) and (
            isinstance(parent, ast.Return | ast.Subscript | ast.comprehension)
            or (isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Tuple))
            or not all(isinstance(e, ast.Constant | ast.Name | ast.Attribute) for e in node.elts)
        )
        if is_written and not is_pair:
            for index, element in enumerate(node.elts):
                yield "element", element, _drop(node.elts, index)


def _drop_pair(node: ast.Dict, index: int) -> Callable[[], None]:
    def change() -> None:
        node.keys.pop(index)
        node.values.pop(index)

    return change


def mutate(source: str, number: int) -> tuple[ast.Module, str, str]:
    """The module with its fault `number` in it, and the changed part before and after."""
    tree = ast.parse(source)
    fault = faults(tree)[number]
    before = _printed(fault.shown())
    fault.change()
    return ast.fix_missing_locations(tree), before, _printed(fault.shown())


def _printed(node: ast.AST) -> str:
    if isinstance(node, ast.FunctionDef):
        return " ".join(f"@{ast.unparse(d)}" for d in node.decorator_list) + f" def {node.name}"
    if isinstance(node, ast.If | ast.While):
        return f"if {ast.unparse(node.test)}"
    if isinstance(node, ast.With):
        return f"with {', '.join(ast.unparse(item) for item in node.items)}"
    return ast.unparse(node)
