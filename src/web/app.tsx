/**
 * @file The frame around every page: banner, header, notices, dialogs, and the keys of all.
 */
import { useEffect, useState } from "react";

import { Dashboard } from "./dashboard/dashboard.tsx";
import { NotificationsPage } from "./notifications/notifications-page.tsx";
import { useAlerts } from "./parts/alerts.tsx";
import { Header } from "./parts/header.tsx";
import { KeySheet } from "./parts/key-sheet.tsx";
import { NameDialog } from "./parts/name-dialog.tsx";
import { Notices } from "./parts/notices.tsx";
import { useNews } from "./parts/news.ts";
import { Worklist } from "./list/worklist.tsx";
import { Simulator } from "./simulator/simulator.tsx";
import { onNameNeeded } from "./state/actions.ts";
import { lastOpenedUid, openUidOf, useRoute } from "./state/route.ts";
import type { PageName } from "./state/route.ts";
import { useKeys } from "./keys.ts";
import { StudyPage } from "./viewer/study-page.tsx";

type Dialog = "none" | "keys" | "name";

/** What stands on each page. */
const PAGE_VIEWS: Readonly<Record<PageName, () => React.ReactNode>> = {
  worklist: () => <Worklist initialUid={lastOpenedUid()} />,
  notifications: () => <NotificationsPage />,
  dashboard: () => <Dashboard />,
  simulator: () => <Simulator />,
};

export function App() {
  const route = useRoute();
  const uid = openUidOf(route);
  const [dialog, setDialog] = useState<Dialog>("none");
  const [afterName, setAfterName] = useState<() => void>();
  const news = useNews(uid);
  useAlerts(uid);

  useEffect(() => {
    onNameNeeded((then) => {
      setAfterName(() => then);
      setDialog("name");
    });
  }, []);
  useKeys({ "?": () => setDialog("keys") });

  return (
    <div className={uid === null ? "app" : "app has-study"}>
      <p className="banner" role="note">
        Research use only — not for diagnosis
      </p>
      <Header
        page={route.page}
        onName={() => {
          setAfterName(undefined);
          setDialog("name");
        }}
        onKeys={() => setDialog("keys")}
      />
      <main className="main">
        {route.page === "study" ? <StudyPage uid={route.studyInstanceUid} /> : PAGE_VIEWS[route.page]()}
      </main>
      <Notices />
      <p className="visually-hidden" aria-live="polite">
        {news}
      </p>
      {dialog === "keys" && <KeySheet onClose={() => setDialog("none")} />}
      {dialog === "name" && (
        <NameDialog
          onClose={(isGiven) => {
            setDialog("none");
            if (isGiven) afterName?.();
          }}
        />
      )}
    </div>
  );
}
