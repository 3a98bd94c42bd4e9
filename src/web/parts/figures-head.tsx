/**
 * @file The head of a table of figures: a title over each column, "" over what needs none.
 */
export function FiguresHead({ titles }: { readonly titles: readonly string[] }) {
  return (
    <thead>
      <tr>
        {titles.map((title, column) => (
          <th key={column} scope="col">
            {title}
          </th>
        ))}
      </tr>
    </thead>
  );
}
