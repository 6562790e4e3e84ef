import type { EscrowMeans } from '../../electron/escrow/means.ts'

const none = (): never => {
  throw new Error('this test has no escrow')
}

/** For tests that look at a job without running it. */
export const noEscrow: EscrowMeans = {
  register: {
    groups: () => [],
    group: none,
    groupForPackages: none,
    packages: () => [],
    package: none,
    addGroup: none,
    changeGroup: none,
    addPackage: none,
    storedAt: none,
    goneFrom: none,
    replacePackage: none,
    keepPackage: none,
    noteDrill: none,
    lastDrill: () => null,
  },
  signer: none,
  knownSigners: () => new Set(),
  recombine: none,
  program: '0.0.0-test',
  environment: 'rehearsal',
  placeOf: () => null,
}
