/**
 * Time on the CPU that this thread has had, in ms: what something costs, however busy the machine is with other things.
 * Take it before and after.
 */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
