import os,shutil,subprocess,random,collections
random.seed(7); c=collections.Counter()
for i in range(40):
    f=random.choice(['000013','000014','000015','000016','000017','000018','000019','000020'])
    shutil.rmtree('w'); shutil.copytree('led','w'); p=f'w/db/{f}.sst'; b=bytearray(open(p,'rb').read()); k=random.randrange(len(b)); b[k]^=1<<random.randrange(8); open(p,'wb').write(b)
    r=subprocess.run(['tiezheng','audit','w'],capture_output=True,text=True)
    kind='abort' if r.stderr.startswith('error') else ('entry named' if 'entry' in r.stdout and r.returncode==1 else f'rc{r.returncode}')
    c[(f,kind)]+=1
    if kind.startswith('rc'): print(f,k,len(b),r.returncode,r.stdout[-200:])
print(c)
