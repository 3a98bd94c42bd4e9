/**
 * @file Erlang's delay formula: the chance that every server is busy.
 */

/**
 * Erlang C by the stable recursion of Erlang B.
 *
 * @param servers number of servers, 1 or more
 * @param load offered load in erlangs (arrival rate × mean service), below `servers`
 */
export function erlangC(servers: number, load: number): number {
  let blocking = 1;
  for (let n = 1; n <= servers; n++) blocking = (load * blocking) / (n + load * blocking);
  const utilisation = load / servers;
  return blocking / (1 - utilisation + utilisation * blocking);
}

/** Mean wait of an M/M/c queue, in the unit of `meanService`. */
export function meanWaitMmc(servers: number, arrivals: number, meanService: number): number {
  const load = arrivals * meanService;
  return (erlangC(servers, load) * meanService) / (servers - load);
}
