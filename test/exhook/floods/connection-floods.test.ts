import { CONNECTION_ATTACKS } from '../../support/floods/connection-attacks.ts'
import { describeFloods } from './flood-tests.ts'

describeFloods('floods of connections', CONNECTION_ATTACKS)
