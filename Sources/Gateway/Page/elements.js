// What is written to the document. Names are operators' text: they only ever become text nodes.

const element = (id) => document.getElementById(id);

function made(name, text, className) {
    const node = document.createElement(name);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
}

/** Changes a text only where it differs: who reads or has selected it is not disturbed. */
function write(node, text) {
    if (node.firstChild?.nodeType === Node.TEXT_NODE && !node.firstChild.nextSibling) {
        if (node.firstChild.data !== text) node.firstChild.data = text;
    } else if (node.textContent !== text) {
        node.textContent = text;
    }
}

function writeMark(node, mark) {
    if (mark === undefined) delete node.dataset.mark;
    else if (node.dataset.mark !== mark) node.dataset.mark = mark;
}

/** Makes a list have as many items as there are, and has each of them written. */
function writeList(list, items, make, update) {
    while (list.children.length > items.length) list.lastChild.remove();
    items.forEach((item, index) => {
        if (!list.children[index]) list.append(make());
        update(list.children[index], item);
    });
    list.hidden = items.length === 0;
}
