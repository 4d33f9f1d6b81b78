/** A table that sorts when one clicks on the name of a column. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

export interface Column<Row> {
  readonly name: string;
  readonly title?: string;
  /** By what rows are sorted; null comes last in either direction. */
  readonly value: (row: Row) => number | string | null;
  readonly cell?: (row: Row) => ComponentChildren;
  readonly isText?: boolean;
  readonly className?: string;
}

interface Order {
  readonly column: number;
  readonly isDown: boolean;
}

interface SortableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string | number;
  readonly first?: Order;
  readonly rowClass?: (row: Row) => string;
  /** What opens below a row that was clicked. */
  readonly details?: (row: Row) => ComponentChildren;
}

export function sorted<Row>(
  rows: readonly Row[],
  column: Column<Row>,
  isDown: boolean,
): readonly Row[] {
  const sign = isDown ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [column.value(a), column.value(b)];
    if (left === null || right === null) {
      return left === right ? 0 : left === null ? 1 : -1;
    }
    if (typeof left === "string" && typeof right === "string") {
      return sign * left.localeCompare(right);
    }
    return sign * (Number(left) - Number(right));
  });
}

export function Sortable<Row>(props: SortableProps<Row>) {
  const { columns, rows, rowKey, details } = props;
  const [order, setOrder] = useState<Order>(props.first ?? { column: 0, isDown: false });
  const [opened, setOpened] = useState<string | number | null>(null);
  const by = columns[order.column];
  const shown = by === undefined ? rows : sorted(rows, by, order.isDown);
  const turn = (column: number) => {
    const isText = columns[column]?.isText === true;
    setOrder({ column, isDown: order.column === column ? !order.isDown : !isText });
  };
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={props.caption}>
      <table class="table table--figures">
        <caption class="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th
                key={column.name}
                scope="col"
                class={column.isText === true ? "table__text" : ""}
                aria-sort={at !== order.column ? "none" : order.isDown ? "descending" : "ascending"}
              >
                <button type="button" title={column.title} onClick={() => turn(at)}>
                  {column.name}
                  <span aria-hidden="true" class="table__arrow">
                    {at !== order.column ? "" : order.isDown ? "▾" : "▴"}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => {
            const key = rowKey(row);
            const isOpen = opened === key;
            const cells = columns.map((column, at) => (
              <td
                key={column.name}
                class={`${column.isText === true ? "table__text" : ""} ${column.className ?? ""}`}
              >
                {at === 0 && details !== undefined ? (
                  <button
                    type="button"
                    class="table__open"
                    aria-expanded={isOpen}
                    onClick={() => setOpened(isOpen ? null : key)}
                  >
                    <span aria-hidden="true">{isOpen ? "▾" : "▸"}</span>
                    {cellOf(column, row)}
                  </button>
                ) : (
                  cellOf(column, row)
                )}
              </td>
            ));
            return [
              <tr key={key} class={props.rowClass?.(row) ?? ""}>
                {cells}
              </tr>,
              isOpen && details !== undefined ? (
                <tr key={`${key} details`} class="table__details">
                  <td colSpan={columns.length}>{details(row)}</td>
                </tr>
              ) : null,
            ];
          })}
        </tbody>
      </table>
    </div>
  );
}

function cellOf<Row>(column: Column<Row>, row: Row): ComponentChildren {
  return column.cell === undefined ? column.value(row) : column.cell(row);
}
