/** A column with room for that position: the same one, or one of at least twice the length with the same content. */
export function grown<Column extends Int32Array | Float64Array>(column: Column, position: number): Column {
  if (position < column.length) return column;
  const wider = new (column.constructor as new (length: number) => Column)(Math.max(position + 1, column.length * 2));
  wider.set(column);
  return wider;
}
