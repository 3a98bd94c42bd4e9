/**
 * @file The notices in the page's corner.
 */
import { dismiss, useNotices } from "../state/notices.ts";
import { studyHref } from "../state/route.ts";

export function Notices() {
  const notices = useNotices();
  return (
    <div className="notices" role="status">
      {notices.map(({ id, kind, text, uid }) => (
        <div key={id} className={`notice is-${kind}`}>
          <span>{text}</span>
          {uid !== undefined && (
            <a className="notice-open" href={studyHref(uid)} onClick={() => dismiss(id)}>
              Open
            </a>
          )}
          <button type="button" className="quiet" onClick={() => dismiss(id)} aria-label="Dismiss">
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
