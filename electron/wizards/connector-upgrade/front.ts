import {
  connectorUpgradeForm,
  connectorUpgradeScreenProblems,
  connectorUpgradeScreens,
} from '../../../shared/forms/connector-upgrade.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import type { JobFront } from '../front.ts'
import { hostRunbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { connectorUpgrade } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const connectorUpgradeFront = (targets: () => readonly FactOption[]): JobFront =>
  serverFront(
    {
      job: connectorUpgrade,
      form: connectorUpgradeForm,
      screens: connectorUpgradeScreens,
      screenProblems: connectorUpgradeScreenProblems,
      readFacts,
      formFacts,
      preview,
      exports: hostRunbooks,
    },
    targets,
  )
