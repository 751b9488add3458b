"""The vault as AWS KMS: a key of KMS's own for each epoch, which no one ever holds and KMS destroys.

Nobody but whoever chooses it imports this package: boto3 is large. See docs/decisions/0013.
"""

from privacy.keys.vault.kms.address import open_vault
from privacy.keys.vault.kms.vault import KmsVault

__all__ = ["KmsVault", "open_vault"]
