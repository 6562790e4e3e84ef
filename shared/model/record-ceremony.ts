import { z } from 'zod'
import { voidReasons } from './ceremony.ts'
import { shareMedia } from './escrow.ts'

/** Parts of entries that every kind shares; `record.ts` gives them. */
interface Parts<
  Text extends z.ZodType,
  Name extends z.ZodType,
  Time extends z.ZodType,
  Problem extends z.ZodType,
> {
  text: Text
  name: Name
  time: Time
  problem: Problem
}

/** Entries of share ceremonies and of checks that use what they made. Names, numbers and hashes: never a word of a share. */
export const ceremonyRecordBodies = <
  Text extends z.ZodType,
  Name extends z.ZodType,
  Time extends z.ZodType,
  Problem extends z.ZodType,
>({
  text,
  name,
  time,
  problem,
}: Parts<Text, Name, Time, Problem>) => {
  const number = z.number().int().min(1).max(16)
  const medium = z.enum(shareMedia)
  const standing = z.enum(['known', 'package-only'])
  return {
    'ceremony-begun': z.strictObject({
      group: name,
      name,
      threshold: number,
      holders: z.array(z.strictObject({ number, name, medium })),
      witnesses: z.array(name),
      replaces: name.nullable(),
    }),
    /**
     * One share. `to-be-written` stands before anything is on a medium: from then on its sheet may exist.
     * `read-back`: read from its medium, and the same by its fingerprint.
     */
    'ceremony-share': z.strictObject({
      group: name,
      number,
      holder: name,
      medium,
      what: z.enum(['to-be-written', 'written', 'read-back', 'failed']),
      /** SHA-256 of the words: public, as in every manifest. */
      fingerprint: name,
      /** Folder and file; null: typed from paper. */
      where: text.nullable(),
      problem: problem.nullable(),
    }),
    /** From this entry on the group is active: all shares were read back. */
    'ceremony-active': z.strictObject({
      group: name,
      name,
      threshold: number,
      members: number,
      identifier: z.number().int(),
      publicKey: name,
      replaces: name.nullable(),
      toDestroy: z.array(z.strictObject({ number, holder: name, medium, where: text.nullable() })),
    }),
    'ceremony-void': z.strictObject({
      group: name,
      name,
      because: z.enum(voidReasons),
      reason: text,
      toDestroy: z.array(z.strictObject({ number, holder: name, medium, where: text.nullable() })),
    }),
    'share-checked': z.strictObject({
      against: text,
      group: name,
      /** Null: it is none of this group. */
      number: number.nullable(),
      from: z.enum(['file', 'typed']),
      /** Who signed the manifest that it was compared with; null: it was the list of this profile. Old entries lack both. */
      signer: name.nullable().optional(),
      standing: standing.nullable().optional(),
    }),
    'package-verified': z.strictObject({
      where: text,
      package: name.nullable(),
      signer: name.nullable(),
      standing: standing.nullable(),
      problem: problem.nullable(),
      at: time,
    }),
  } as const
}
