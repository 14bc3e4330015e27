/** What ipvsadm says of a command that the kernel refuses. */
export class IpvsError extends Error {}
