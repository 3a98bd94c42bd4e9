/**
 * @file Which policy ranks, in the page's head; and plainly, when its file as it stands now is not in use.
 */
import { useWorklist } from "../state/session.ts";

export function PolicyState() {
  const { policy } = useWorklist();
  if (policy === null) return null;
  const { name } = policy.policy;
  if (policy.problem !== "") {
    return (
      <span className="policy-state is-problem" role="status" title={policy.problem}>
        Policy file cannot be used, “{name}” ranks on
      </span>
    );
  }
  return (
    <span className="policy-state" title={`The policy that ranks: ${policy.version}`}>
      {name} policy
    </span>
  );
}
