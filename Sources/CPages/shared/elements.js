// Small words for building the page. Text enters the document here and only as text.

export const find = (id) => document.getElementById(id);

export function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined && text !== null) element.textContent = text;
    return element;
}

/** A button without a form's power to submit. */
export function button(className, text, action) {
    const element = make('button', className, text);
    element.type = 'button';
    element.addEventListener('click', action);
    return element;
}

/** Writes only what changed, so that selections, focus and screen readers are left alone. */
export function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

export function show(element, visible) {
    if (element.hidden === visible) element.hidden = !visible;
}

/** Makes `parent` have exactly `children`, in order, moving as few as possible. */
export function arrange(parent, children) {
    const wanted = new Set(children);
    for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
    children.forEach((child, index) => {
        if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
    });
}

/** The mark of what is done. */
export function tick() {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('class', 'tick');
    svg.setAttribute('aria-hidden', 'true');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', 'M5 13l5 5 9-11');
    svg.append(path);
    return svg;
}

/** Rows of a `dl`; those without a value are left out. */
export function facts(list, rows) {
    const shown = rows.filter(([, value]) => value !== undefined && value !== null && value !== '');
    const key = JSON.stringify(shown);
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    arrange(list, shown.flatMap(([name, value]) => [make('dt', '', name), make('dd', '', value)]));
}
