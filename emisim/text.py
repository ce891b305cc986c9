def say(key, language="en", **values): return key+str(values)
