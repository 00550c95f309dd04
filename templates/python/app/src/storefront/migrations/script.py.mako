"""${message}."""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
# BK115: read what was generated before it runs. A rename is written as a drop and an add.
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Change the schema."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Change it back."""
    ${downgrades if downgrades else "pass"}
