{
    "name": "Acme Partners",
    "summary": "Member numbers for Acme's contacts.",
    "version": "19.0.1.0.0",
    "author": "Acme",
    "license": "LGPL-3",
    "depends": ["contacts", "partner_firstname"],
    "data": ["data/sequence.xml", "views/res_partner_views.xml"],
}
