/**
 * @file The list before there is one: loading, empty, failed.
 */

export function Loading() {
  return (
    <section className="worklist is-loading" aria-busy="true" aria-label="Loading the worklist">
      {Array.from({ length: 8 }, (_, i) => (
        <div key={i} className="row-ghost" />
      ))}
    </section>
  );
}

export function Failed({ problem }: { readonly problem: string }) {
  return (
    <div className="state-page" role="alert">
      <h1>The worklist could not be loaded</h1>
      <p>{problem}</p>
      <p className="second">The page tries again by itself.</p>
    </div>
  );
}

export function Empty({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <div className="state-page">
      <h1>{isFiltered ? "No study matches" : "Nothing to read"}</h1>
      <p className="second">
        {isFiltered
          ? "Choose another tab, or clear the search."
          : "Head CTs appear here as soon as they arrive by DICOM. The page follows by itself."}
      </p>
    </div>
  );
}
