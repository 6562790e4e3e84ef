import type { PackageLook } from '../../shared/ipc/schemas.ts'
import type { Fact } from '../ui/Facts.tsx'
import { Thumbprint } from '../ui/Thumbprint.tsx'
import { signerWords } from './escrow-words.ts'

/** Who signed a manifest, and how far that is known here. */
export const signerFacts = ({ standing, fingerprint }: PackageLook['signer']): readonly Fact[] => [
  ['Signed by', signerWords[standing]],
  [
    'Signing key',
    <Thumbprint key="signer" value={fingerprint.toUpperCase()} label="Hash of the signing key" />,
  ],
]
