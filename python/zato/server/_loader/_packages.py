"""Which package to install for a module: where the names differ, and where one of several is the usual choice."""

from __future__ import annotations

__all__ = ["package_of"]

_PACKAGES = {
    "bs4": "beautifulsoup4",
    "cassandra": "cassandra-driver",
    "Crypto": "pycryptodome",
    "cv2": "opencv-python",
    "cx_Oracle": "oracledb",
    "dateutil": "python-dateutil",
    "django": "Django",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "PyMuPDF",
    "flask": "Flask",
    "google": "google-api-python-client",
    "googleapiclient": "google-api-python-client",
    "jwt": "PyJWT",
    "kafka": "kafka-python",
    "ldap": "python-ldap",
    "magic": "python-magic",
    "memcache": "python-memcached",
    "MySQLdb": "mysqlclient",
    "nacl": "PyNaCl",
    "odoolib": "odoo-client-lib",
    "OpenSSL": "pyOpenSSL",
    "PIL": "pillow",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "requests_ntlm": "requests-ntlm",
    "serial": "pyserial",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "sqlalchemy": "SQLAlchemy",
    "suds": "suds-community",
    "telegram": "python-telegram-bot",
    "usb": "pyusb",
    "win32com": "pywin32",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
}


def package_of(module: str) -> str:
    """Gives the name to install a module by, which is its own if no other is known.

    Args:
        module: Name of the module; what follows the first dot does not matter.
    """
    top = module.partition(".")[0]
    return _PACKAGES.get(top, top)
