"""Pages for people: users sign in, set passwords and manage tokens; donors see their gifts.

The pages are plain forms without scripts, rendered from the templates in `templates/`.
"""
