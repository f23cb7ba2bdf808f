// A table whose rows stay: texts change in place, and rows move only where nobody is looking.

/**
 * A column is {title, text}, both of an item, and what else it needs: `value` to be sorted by,
 * `isNumber` to stand on the right, `look` for the class of a cell, `mark` for its state.
 */
class Table {
    constructor(section, columns, { none, key = (item) => item.name, sorted = null }) {
        this.columns = columns;
        this.key = key;
        this.sorted = sorted;
        this.rows = new Map();
        this.sought = "";
        this.arrangedAt = 0;
        this.frame = element(section).querySelector(".table");
        const caption = this.frame.dataset.table;
        this.none = made("p", none, "none");
        this.none.hidden = true;
        this.frame.before(this.none);
        const table = made("table");
        this.head = table.createTHead().insertRow();
        this.body = table.createTBody();
        const title = made("caption");
        title.append(made("span", caption));
        table.prepend(title);
        for (const column of columns) this.head.append(this.heading(column));
        this.frame.append(table);
        this.frame.tabIndex = 0;
        this.frame.setAttribute("role", "region");
        this.frame.setAttribute("aria-label", caption);
        this.tellOrder();
    }

    heading(column) {
        const cell = made("th", undefined, column.isNumber ? "number" : "");
        cell.scope = "col";
        if (!column.value) {
            cell.textContent = column.title;
            return cell;
        }
        const button = made("button", column.title);
        button.type = "button";
        button.addEventListener("click", () => this.sort(column));
        cell.append(button);
        return cell;
    }

    /** By numbers the greatest first, by names the other way; once more turns it round. */
    sort(column) {
        const isSame = this.sorted?.column === column.title;
        const first = column.isNumber ? "descending" : "ascending";
        const other = column.isNumber ? "ascending" : "descending";
        const direction = isSame && this.sorted.direction === first ? other : first;
        this.sorted = { column: column.title, direction };
        this.tellOrder();
        this.arrange();
    }

    tellOrder() {
        this.columns.forEach((column, index) => {
            const cell = this.head.cells[index];
            if (this.sorted?.column === column.title) cell.ariaSort = this.sorted.direction;
            else cell.removeAttribute("aria-sort");
        });
    }

    /** Shows items, each once, by their keys. */
    show(items) {
        const gone = new Set(this.rows.keys());
        let hasNew = false;
        items.forEach((item, index) => {
            const key = this.key(item);
            let row = this.rows.get(key);
            if (!row) {
                row = this.row(key);
                hasNew = true;
            }
            gone.delete(key);
            row.item = item;
            row.index = index;
            this.update(row);
        });
        for (const key of gone) {
            this.rows.get(key).node.remove();
            this.rows.delete(key);
        }
        this.none.hidden = items.length > 0;
        this.frame.hidden = items.length === 0;
        if (hasNew) this.filter(this.sought);
        if (hasNew || this.mayMove()) this.arrange();
    }

    row(key) {
        const node = made("tr");
        const cells = this.columns.map((column, index) => {
            const cell = made(index === 0 ? "th" : "td");
            if (index === 0) cell.scope = "row";
            const text = document.createTextNode("");
            cell.append(text);
            node.append(cell);
            return { node: cell, text, look: undefined, mark: undefined };
        });
        const row = { node, cells, item: null, index: 0 };
        this.rows.set(key, row);
        this.body.append(node);
        return row;
    }

    update(row) {
        this.columns.forEach((column, index) => {
            const cell = row.cells[index];
            const text = column.text(row.item);
            if (cell.text.data !== text) cell.text.data = text;
            if (column.isTitled && cell.node.title !== text) cell.node.title = text;
            const own = column.look?.(row.item) ?? "";
            const look = column.isNumber ? `number ${own || (text === "0" ? "zero" : "")}` : own;
            if (cell.look !== look) cell.node.className = cell.look = look;
            const mark = column.mark?.(row.item);
            if (cell.mark !== mark) writeMark(cell.node, cell.mark = mark);
        });
    }

    /** A row that jumps away from under the pointer, or out of a selection, helps nobody. */
    mayMove() {
        if (performance.now() - this.arrangedAt < 3000) return false;
        if (this.body.matches(":hover")) return false;
        const selection = getSelection();
        return selection.isCollapsed || !selection.containsNode(this.body, true);
    }

    arrange() {
        this.arrangedAt = performance.now();
        const rows = [...this.rows.values()];
        const column = this.columns.find((one) => one.title === this.sorted?.column);
        const sign = this.sorted?.direction === "descending" ? -1 : 1;
        rows.sort((one, other) => {
            if (!column) return one.index - other.index;
            const left = column.value(one.item);
            const right = column.value(other.item);
            const order = typeof left === "string" ? left.localeCompare(right) : left - right;
            return sign * order || one.index - other.index;
        });
        let place = this.body.firstChild;
        for (const { node } of rows) {
            if (node === place) place = place.nextSibling;
            else this.body.insertBefore(node, place);
        }
    }

    /**
     * Leaves out the rows whose first cell does not have a text in it.
     *
     * @returns how many are left.
     */
    filter(text) {
        this.sought = text;
        const sought = text.trim().toLowerCase();
        let left = 0;
        for (const [key, row] of this.rows) {
            row.node.hidden = !String(key).toLowerCase().includes(sought);
            if (!row.node.hidden) left += 1;
        }
        return left;
    }
}
