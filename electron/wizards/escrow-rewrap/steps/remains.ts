import { packageFolderName, type EscrowPackage, type ShareGroup } from '../../../../shared/model/escrow.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import { asPackageId, asShareGroupId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { evidenceLine } from '../../evidence-line.ts'
import { needed, notVerified } from '../../sqlserver/steps/help.ts'

export const listSource = 'the list of packages of this profile'

/** Only reads. What people have to destroy now: nothing of it is touched by a run. */
export const listRemainsStep = ({ register }: EscrowMeans): StepHandler => ({
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: (ctx) => {
    const params = readParams('list-escrow-remains', ctx.step.params)
    const all = params.packages.map(({ package: id, replaces }) => ({
      now: register.package(asPackageId(id)),
      old: register.package(asPackageId(replaces)),
    }))
    for (const { now, old } of all)
      if (old.replacedBy !== now.id)
        throw notVerified(ctx, `${old.id} is not marked as replaced by ${now.id}`)
    const group = register.group(asShareGroupId(params.group))
    const left = register.packages().filter((one) => one.group === group.id && one.replacedBy === null)
    const [first] = all
    const to = first === undefined ? '' : register.group(first.now.group).name
    const evidence = [
      evidenceLine(
        ctx,
        listSource,
        `Packages that are for ${to} now`,
        all.map(({ now }) => now.id).join(', '),
        {
          headline: 'Wrapped anew for',
          subject: to,
          fact: `${all.length === 1 ? '1 package' : `${all.length} packages`}, each read back from its place`,
        },
      ),
      ...all.map(({ old }) => folders(ctx, old)),
      shares(ctx, group, left),
    ]
    return Promise.resolve({ evidence, proofs: [] })
  },
})

const folders = (ctx: StepContext, { id, storedAt }: EscrowPackage): Evidence =>
  evidenceLine(
    ctx,
    listSource,
    `To be destroyed: ${packageFolderName(id)}, and every copy of it, in`,
    storedAt.map(({ label }) => label).join(', ') || 'places that the list does not name',
    { destroy: id },
  )

const shares = (ctx: StepContext, group: ShareGroup, left: readonly EscrowPackage[]): Evidence =>
  left.length === 0
    ? evidenceLine(
        ctx,
        listSource,
        `To be destroyed, once the old folders are: all ${group.members.length} shares of ${group.name}, held by`,
        group.members.map(({ number, name }) => `${number} ${name}`).join(', '),
        { destroyShares: group.id },
      )
    : evidenceLine(
        ctx,
        listSource,
        `Still needed: the shares of ${group.name}, for`,
        left.map(({ id }) => id).join(', '),
      )
